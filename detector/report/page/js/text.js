// Strangers' text to the page: always as text, never as markup. Nothing here or elsewhere sets innerHTML.

const $ = (id) => document.getElementById(id);

// What steers a screen and is not seen: written out. The same characters as in detector/report/safe.py.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const ADDRESS = /\bhttps?:\/\/[^\s<>"'\u0000-\u001f]+/giu;

/** An element with attributes, a text or children. `on` names listeners; `class` and `aria-` as in HTML. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const codePoint = (c) => "U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

/** Text with unseen characters written out, as one string. */
const visible = (text) => text.replace(UNSEEN, (c) => "<" + codePoint(c) + ">");

/** Text as nodes: unseen characters in small boxes, addresses as buttons that first show where they lead. */
function shown(text, withLinks = true) {
  const nodes = [];
  const plain = (part) => {
    let at = 0;
    for (const found of part.matchAll(UNSEEN)) {
      nodes.push(part.slice(at, found.index), el("span", { class: "control", title: "an unseen character" }, codePoint(found[0])));
      at = found.index + found[0].length;
    }
    nodes.push(part.slice(at));
  };
  let at = 0;
  for (const found of withLinks ? text.matchAll(ADDRESS) : []) {
    plain(text.slice(at, found.index));
    const address = found[0];
    nodes.push(el("button", { type: "button", class: "link", on: { click: () => leaveBy(address) } }, visible(address)));
    at = found.index + address.length;
  }
  plain(text.slice(at));
  return nodes.filter((node) => node !== "");
}

const isolated = (text) => el("bdi", {}, ...shown(text, false));

const DATE = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" });
const date = (seconds) => (seconds === null || seconds === undefined ? "no date" : DATE.format(seconds * 1000));
const percent = (share) => (share > 0.995 && share < 1 ? ">99" : share < 0.005 && share > 0 ? "<1" : Math.round(share * 100)) + " %";
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const label = (name) => el("span", { class: "label " + name }, name);

let toastTimer = 0;
function say(text) {
  $("toast").textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => ($("toast").textContent = ""), 6000);
}
