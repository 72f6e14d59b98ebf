// The list: only the rows in view are in the page, so that fifty thousand scroll as fifty do.

const PRINTED = 300;

class List {
  constructor(data, corrections, opened) {
    this.data = data;
    this.corrections = corrections;
    this.opened = opened;
    this.rows = [];
    this.at = -1; // place of the selected thread in rows
    this.drawn = new Map();
    this.printing = false;
    $("list").addEventListener("scroll", () => this.draw(), { passive: true });
    $("list").addEventListener("click", (event) => {
      const item = event.target.closest(".item");
      if (item) this.select(Number(item.dataset.at), true);
    });
    new ResizeObserver(() => this.draw()).observe($("list"));
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  get height() {
    return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
  }

  get selected() {
    return this.at < 0 ? -1 : this.rows[this.at];
  }

  show(rows) {
    const kept = this.selected;
    this.rows = rows;
    this.at = kept < 0 ? -1 : rows.indexOf(kept);
    $("rows").style.height = rows.length * this.height + "px";
    if (this.at < 0) $("list").scrollTop = 0;
    this.redraw();
  }

  redraw() {
    for (const item of this.drawn.values()) item.remove();
    this.drawn.clear();
    this.draw();
  }

  draw() {
    if (this.printing) return;
    const box = $("list");
    const height = this.height;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 6);
    const last = Math.min(this.rows.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + 6);
    for (const [k, item] of this.drawn)
      if (k < first || k >= last) {
        item.remove();
        this.drawn.delete(k);
      }
    // rows stand in the page in their order, for those who hear it
    for (let k = first; k < last; k++)
      if (!this.drawn.has(k)) {
        const item = this.item(k);
        item.style.top = k * height + "px";
        const after = [...$("rows").children].find((other) => Number(other.dataset.at) > k);
        $("rows").insertBefore(item, after || null);
        this.drawn.set(k, item);
      }
    const active = this.drawn.get(this.at);
    if (active) box.setAttribute("aria-activedescendant", active.id);
    else box.removeAttribute("aria-activedescendant");
  }

  item(k) {
    const { data } = this;
    const i = this.rows[k];
    const name = data.names.labels[data.label[i]];
    const own = this.corrections.get(keyOf(data, i));
    const pattern = data.patterns[i].length ? data.names.patterns[data.patterns[i][0]] : "";
    const why = data.quote[i] ? el("bdi", {}, "“", ...shown(data.quote[i], false), "”") : (data.says[pattern] || [""])[0];
    return el(
      "div",
      {
        class: "item " + name, role: "option", id: "row-" + k, "data-at": k, "aria-selected": String(k === this.at),
        "aria-posinset": k + 1, "aria-setsize": this.rows.length,
      },
      el(
        "div",
        { class: "first" },
        el("span", { class: "who" }, data.sender[i] ? isolated(data.sender[i]) : "(no name)"),
        label(name),
        el("span", { class: "when" }, date(data.last[i])),
      ),
      el(
        "div",
        { class: "why" },
        own ? el("span", { class: "own" }, own === name ? "✓ confirmed " : "→ " + own + " ") : null,
        data.messages[i] > 1 ? data.messages[i] + " messages: " : null,
        why,
      ),
    );
  }

  select(k, open = false) {
    if (!this.rows.length) return;
    this.at = Math.max(0, Math.min(this.rows.length - 1, k));
    const box = $("list");
    const top = this.at * this.height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight;
    this.redraw();
    if (open) this.opened(this.selected);
  }

  /** On paper the rows follow one another; a long list is cut, and says so. */
  print(on) {
    this.printing = false;
    this.redraw();
    this.printing = on;
    $("print-note").textContent = "";
    if (!on) return;
    for (const item of this.drawn.values()) item.remove();
    this.drawn.clear();
    const most = Math.min(PRINTED, this.rows.length);
    for (let k = 0; k < most; k++) {
      const item = this.item(k);
      this.drawn.set(k, item);
      $("rows").append(item);
    }
    if (most < this.rows.length) $("print-note").textContent = `… and ${this.rows.length - most} more. Filter the list to print others.`;
  }
}
