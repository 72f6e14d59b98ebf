// Evidence: marked in the text, listed with what it adds, summed to the score.

/** Numbers for the pieces marked in the text: quoted, for the label, the five strongest; 0 for all other. */
const numbered = (hits) => {
  let n = 0;
  return hits.map(([, message, , , value]) => (message && value > 0 && n < 5 ? ++n : 0));
};

/** One message's text as nodes, its evidence marked; places count code points. */
function marked(text, message, hits, numbers) {
  const points = Array.from(text);
  const here = hits.map((hit, k) => ({ k, start: hit[2], end: hit[3], value: hit[4], message: hit[1] })).filter((h) => h.message === message && numbers[h.k]);
  const cuts = [...new Set([0, points.length, ...here.flatMap((h) => [h.start, h.end])])].sort((a, b) => a - b);
  const nodes = [];
  for (let c = 0; c + 1 < cuts.length; c++) {
    const [start, end] = [cuts[c], cuts[c + 1]];
    const part = points.slice(start, end).join("");
    const over = here.filter((h) => h.start <= start && h.end >= end);
    if (!over.length) {
      nodes.push(...shown(part));
      continue;
    }
    const ends = over.filter((h) => h.end === end).map((h) => numbers[h.k]);
    const strongest = over.reduce((a, b) => (Math.abs(a.value) >= Math.abs(b.value) ? a : b));
    nodes.push(
      el(
        "mark",
        { class: strongest.value < 0 ? "against" : "for", "data-hits": over.map((h) => h.k).join(" ") },
        ...shown(part),
        ends.length ? el("sup", {}, el("span", { class: "unseen" }, " reason "), ends.join(",")) : null,
      ),
    );
  }
  return nodes;
}

const light = (k, on) => {
  for (const mark of document.querySelectorAll("mark")) if (mark.dataset.hits.split(" ").includes(String(k))) mark.classList.toggle("lit", on);
};

/** The sum: where every thread starts, every piece of evidence, the rest, the score. */
function sum(data, thread, name, numbers) {
  const most = Math.max(0.01, ...thread.hits.map((h) => Math.abs(h[4])));
  const row = (mark, what, value, kind = "") => {
    const amount = el("div", { class: value > 0 ? "for " + name : "against" });
    amount.style.width = kind ? "0" : Math.max(2, (90 * Math.abs(value)) / most) + "px";
    return el("tr", { class: kind }, el("td", {}, mark), el("td", {}, ...what), el("td", { class: "amount" }, amount), el("td", { class: "value" }, signed(value)));
  };
  const body = el("tbody", {}, row("", ["Where every thread starts"], thread.baseline, "start"));
  thread.hits.forEach((hit, k) => {
    const [pattern, message, start, end, value] = hit;
    const [says, spares] = data.says[pattern] || [pattern, ""];
    const quote = message ? Array.from(thread.texts[message - 1]).slice(start, end).join("") : "";
    const what = [el("span", { class: "pattern", title: spares || null }, pattern), says];
    if (quote) what.push(el("span", { class: "quote theirs" }, "“", ...shown(quote.length > 120 ? quote.slice(0, 120) + "…" : quote, false), "”"));
    const line = row(numbers[k] ? String(numbers[k]) : "", what, value);
    line.addEventListener("mouseenter", () => light(k, true));
    line.addEventListener("mouseleave", () => light(k, false));
    body.append(line);
  });
  const odds = 1 / (1 + Math.exp(-thread.score));
  body.append(row("", ["All other words"], thread.rest, "rest"), row("", [`Together: ${percent(odds)} ${name}`], thread.score, "total"));
  const head = el("thead", {}, el("tr", {}, ...["No.", "Reason", "", "Adds"].map((text) => el("th", { scope: "col", class: text === "Adds" ? "value" : text ? null : "amount" }, text || el("span", { class: "unseen" }, "As a bar")))));
  return el("table", { class: "sum" }, head, body);
}
