// Wiring: what is pressed and clicked to what happens.

async function start() {
  if (typeof DecompressionStream === "undefined") {
    $("count").textContent = "This browser is too old to unpack the list. Use one from 2023 or later.";
    return;
  }
  const data = await unpack("index");
  const corrections = new Corrections(data.key, data.names.inbox.length > 1);
  const rows = new Rows(data, corrections);
  const narrow = matchMedia("(max-width: 820px)");
  const list = new List(data, corrections, (i) => pane.open(i, narrow.matches));
  const pane = new Pane(data, corrections, { correct, back });
  const filters = new Filters(data, rows, (chosen) => list.show(chosen));
  const place = new Map(data.id.map((_, i) => [keyOf(data, i), i]));
  if (!narrow.matches) $("figures-more").open = true;

  function saved() {
    const n = corrections.labels.size;
    $("export").disabled = n === 0;
    $("undo").disabled = corrections.steps.length === 0;
    $("export").textContent = n ? `Save labels.csv (${n})` : "Save labels.csv";
  }

  function changed(i) {
    saved();
    pane.refresh(i);
    list.redraw();
  }

  function correct(i, name) {
    corrections.set(keyOf(data, i), name);
    changed(i);
    const kept = corrections.kept ? "" : " This browser keeps nothing for this page: save labels.csv before you close it.";
    say((name ? `Marked ${name}. ` : "Your label is taken back. ") + kept);
  }

  function undo() {
    const key = corrections.undo();
    if (key === null) return say("Nothing to undo");
    if (place.has(key)) changed(place.get(key));
    else saved();
    say(`Undone${corrections.get(key) ? ": " + corrections.get(key) + " again" : ""}`);
  }

  function back() {
    pane.close();
    $("list").focus({ preventScroll: true });
  }

  function move(step) {
    $("work").scrollIntoView({ block: "nearest" });
    list.select(list.at + step, pane.i >= 0 && (!narrow.matches || document.body.classList.contains("reading")));
    if (!document.body.classList.contains("reading") || !narrow.matches) $("list").focus({ preventScroll: true });
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    u: undo,
    "/": () => $("search").focus(),
    "?": () => $("help").showModal(),
  };
  data.names.labels.forEach((name, k) => {
    keys[k + 1] = () => {
      const i = list.selected >= 0 ? list.selected : pane.i; // the list may have been filtered meanwhile
      if (i >= 0) correct(i, name);
    };
  });
  const listKeys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => list.select(0),
    End: () => list.select(list.rows.length - 1),
    Enter: () => list.selected >= 0 && pane.open(list.selected, true),
    " ": () => list.selected >= 0 && pane.open(list.selected, true),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      back();
      return;
    }
    if (event.target.closest("input, select, textarea")) return;
    const inList = event.target === $("list") || event.target === document.body;
    const act = (inList && listKeys[event.key]) || ($("keys").checked && keys[event.key]);
    if (!act) return;
    event.preventDefault();
    act();
  });
  try {
    $("keys").checked = localStorage.getItem("detector/keys") !== "off";
  } catch {
    // kept for this visit alone
  }
  $("keys").addEventListener("change", () => {
    try {
      localStorage.setItem("detector/keys", $("keys").checked ? "on" : "off");
    } catch {
      // kept for this visit alone
    }
  });
  $("help-button").addEventListener("click", () => $("help").showModal());
  $("forget").addEventListener("click", () => {
    if (!corrections.labels.size || !confirm("Forget all corrections made on this page?")) return;
    corrections.forget();
    saved();
    list.redraw();
    if (pane.i >= 0) pane.refresh(pane.i);
  });
  $("undo").addEventListener("click", undo);
  $("export").addEventListener("click", () => {
    download("labels.csv", corrections.csv());
    say(`${corrections.labels.size} labels saved. Then: detector train EXPORT --labels labels.csv`);
  });
  saved();
  filters.apply();
}

start().catch((error) => {
  $("count").textContent = "The list could not be opened: " + error.message;
});
