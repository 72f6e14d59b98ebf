// The filter bar: reads what is wanted, fills the choices, searches the messages while a person waits.

const COLUMNS = ["label", "pattern", "sells", "lang", "inbox"];

class Filters {
  constructor(data, rows, changed) {
    this.data = data;
    this.rows = rows;
    this.changed = changed;
    this.action = "";
    this.picked = { template: "", thread: "" };
    this.typing = 0;
    this.fill();
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    for (const id of [...COLUMNS.map((c) => "by-" + c), "by-from", "by-until", "by-corrected", "order"])
      $(id).addEventListener("change", () => this.apply());
    $("by-sender").addEventListener("input", () => this.apply());
    $("search").addEventListener("input", () => this.search());
    $("clear").addEventListener("click", () => this.clear());
    for (const chip of document.querySelectorAll(".chip"))
      chip.addEventListener("click", () => {
        this.action = chip.dataset.action;
        this.apply();
      });
    for (const button of document.querySelectorAll(".pick"))
      button.addEventListener("click", () => this.pick(button.dataset.pick, button.dataset.value));
  }

  fill() {
    const { names } = this.data;
    const counted = (column, size) => {
      const counts = new Array(size).fill(0);
      for (const value of this.data[column]) for (const k of Array.isArray(value) ? value : [value]) counts[k] += 1;
      return counts;
    };
    const choices = (id, list, column, unknown) => {
      const counts = counted(column, list.length);
      const order = list.map((_, k) => k).sort((a, b) => counts[b] - counts[a]);
      $(id).append(el("option", { value: "" }, "all"));
      for (const k of order)
        if (counts[k]) $(id).append(el("option", { value: k }, `${visible(list[k]) || unknown} (${counts[k].toLocaleString("en")})`));
    };
    choices("by-label", names.labels, "label", "");
    choices("by-pattern", names.patterns, "patterns", "");
    choices("by-sells", names.sells, "sells", "nothing recognised");
    choices("by-lang", names.lang, "lang", "not told");
    choices("by-inbox", names.inbox, "inbox", "unknown");
    $("by-inbox-label").hidden = names.inbox.length < 2;
    const actions = counted("action", names.actions.length);
    for (const chip of document.querySelectorAll(".chip")) {
      const n = chip.dataset.action ? actions[names.actions.indexOf(chip.dataset.action)] : this.data.id.length;
      chip.append(" " + n.toLocaleString("en"));
    }
  }

  wanted() {
    const number = (id) => ($(id).value === "" ? "" : Number($(id).value));
    const wanted = Object.fromEntries(COLUMNS.map((column) => [column, number("by-" + column)]));
    const template = this.picked.template ? this.data.names.template.indexOf(this.picked.template) : "";
    return {
      ...wanted,
      template,
      thread: this.picked.thread,
      action: this.action === "" ? "" : this.data.names.actions.indexOf(this.action),
      search: $("search").value,
      sender: $("by-sender").value,
      from: $("by-from").value,
      until: $("by-until").value,
      corrected: $("by-corrected").value,
      order: $("order").value,
    };
  }

  apply(note = "") {
    const wanted = this.wanted();
    const chosen = this.rows.chosen(wanted);
    for (const chip of document.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", String(chip.dataset.action === this.action));
    const active = [...COLUMNS, "template", "thread"].filter((column) => wanted[column] !== "").length;
    const more = ["sender", "from", "until", "corrected", "order"].filter((name) => wanted[name]).length;
    $("active-filters").textContent = active + more ? `(${active + more} in use)` : "";
    const count = `${chosen.length.toLocaleString("en")} of ${this.data.id.length.toLocaleString("en")} threads`;
    $("count").textContent = count + (note ? ", " + note : "");
    this.changed(chosen);
  }

  /** Names and quotations at once; the messages themselves a moment later. */
  search() {
    clearTimeout(this.typing);
    this.rows.found = null;
    const text = $("search").value;
    this.apply(text.trim() ? "looking through the messages …" : "");
    if (!text.trim()) return;
    this.typing = setTimeout(() => {
      let shown = 0;
      this.rows.searchMessages(text, (share, done) => {
        if ($("search").value !== text) return false;
        if (done) this.apply();
        else if (share - shown > 0.1) {
          shown = share;
          $("count").textContent = `looking through the messages: ${Math.round(share * 100)} %`;
        }
        return true;
      });
    }, 250);
  }

  /** One of the figures was clicked: show its threads. */
  pick(column, value) {
    this.clear(false);
    if (column === "sells") $("by-sells").value = this.data.names.sells.indexOf(value);
    else this.picked[column] = value;
    $("more-filters").open = column === "sells";
    this.apply();
    $("work").scrollIntoView();
    $("list").focus({ preventScroll: true });
  }

  clear(apply = true) {
    $("filters").reset();
    this.action = "";
    this.rows.found = null;
    this.picked = { template: "", thread: "" };
    if (apply) this.apply();
  }
}
