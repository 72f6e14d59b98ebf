// Leaving the page: a stranger's address is shown in full before anything is opened.

function leaveBy(address) {
  let place = null;
  try {
    place = new URL(address.replace(/[).,;:!?\]]+$/, ""));
  } catch {
    place = null;
  }
  if (!place || !["http:", "https:"].includes(place.protocol)) {
    say("That is not an address that can be opened");
    return;
  }
  $("leave-host").textContent = place.host; // as the browser will ask for it: look-alike letters are shown in code
  $("leave-address").textContent = visible(place.href);
  $("leave-go").href = place.href;
  $("leave-copy").onclick = () => copy(place.href, null);
  $("leave").showModal();
}
