// One thread: its verdict, messages with the evidence marked, what is missing, the sum, the course, a reply to copy.

const FLAGS = {
  "days.to-pitch": (value) => `The pitch came ${value} day${value === 1 ? "" : "s"} after the first message.`,
  "known.contact": () => "You have a written history with this person.",
  "template.shared": (value) => `${value} threads in this inbox have the same words, names and numbers aside.`,
};
const ACTION_WORDS = { answer: "to answer", look: "to look at", done: "answered by you", "set-aside": "set aside" };
const CONVERSATION = /^2-[A-Za-z0-9_+/=-]{1,200}$/;

class Pane {
  constructor(data, corrections, doing) {
    this.data = data;
    this.corrections = corrections;
    this.doing = doing; // { correct(i, label), back() }
    this.i = -1;
  }

  async open(i, focus) {
    this.i = i;
    const thread = await whole(this.data, i);
    if (this.i !== i) return;
    $("pane").replaceChildren(...this.parts(i, thread));
    $("pane").scrollTop = 0;
    document.body.classList.add("reading");
    if (focus) $("pane").focus({ preventScroll: true });
  }

  close() {
    document.body.classList.remove("reading");
  }

  parts(i, thread) {
    const { data } = this;
    const name = data.names.labels[data.label[i]];
    const parts = [this.head(i, name)];
    if (thread === null) return [...parts, ...this.withoutMessages(i)];
    const numbers = numbered(thread.hits);
    parts.push(this.messages(i, thread, numbers));
    const missing = thread.hits.filter(([, message, , , value]) => !message && value > 0);
    if (missing.length) {
      const lines = missing.map(([pattern]) => el("li", {}, (data.says[pattern] || [pattern])[0]));
      parts.push(section("What is missing", el("ul", { class: "missing" }, ...lines)));
    }
    const note = el("p", { class: "quiet" }, "In log-odds: above 0 speaks for the label, below 0 against it.");
    parts.push(section("Why " + name, note, sum(data, thread, name, numbers)));
    if (thread.texts.length > 1) parts.push(section("The verdict message by message", this.course(thread)));
    const flags = Object.entries(thread.flags).map(([key, value]) => el("li", {}, FLAGS[key] ? FLAGS[key](value) : `${key}: ${value}`));
    if (flags.length) parts.push(section("Beside the score", el("ul", { class: "context" }, ...flags)));
    const reply = this.reply(i, name);
    if (reply) parts.push(section("A polite no", reply));
    return parts;
  }

  head(i, name) {
    const { data } = this;
    const links = [];
    if (CONVERSATION.test(data.id[i])) links.push(out("Conversation on LinkedIn", "messaging/thread/" + encodeURIComponent(data.id[i]).replaceAll("%3D", "=") + "/"));
    if (data.slug[i]) links.push(out("Profile on LinkedIn", "in/" + encodeURIComponent(data.slug[i]) + "/"));
    const facts = [`${data.messages[i]} message${data.messages[i] === 1 ? "" : "s"} from them`, `${data.replies[i]} from you`];
    if (data.unanswered[i] > 1) facts.push(`${data.unanswered[i]} since your last`);
    const sells = data.names.sells[data.sells[i]];
    if (sells) facts.push("sells " + sells);
    if (data.names.inbox.length > 1) facts.push("inbox " + visible(data.names.inbox[data.inbox[i]]));
    const shares = { genuine: genuineOf(data, i), generic: data.pg[i], "bait-and-sell": data.pb[i] };
    return el(
      "header",
      {},
      el("button", { type: "button", class: "back", on: { click: () => this.doing.back() } }, "← Back to the list"),
      el("h2", {}, data.sender[i] ? isolated(data.sender[i]) : "(no name)"),
      el("div", { class: "verdict" }, label(name), el("b", {}, percent(confidence(data, i))), "→ " + ACTION_WORDS[data.names.actions[data.action[i]]], ...links),
      stacked(shares),
      el("p", { class: "quiet" }, Object.entries(shares).map(([key, share]) => `${key} ${percent(share / 1000)}`).join(", ") + ". " + facts.join(", ") + "."),
      this.buttons(i, name),
    );
  }

  buttons(i, name) {
    const own = this.corrections.get(keyOf(this.data, i));
    const choices = this.data.names.labels.map((choice, k) =>
      el("button", { type: "button", "aria-pressed": String(own === choice), on: { click: () => this.doing.correct(i, own === choice ? "" : choice) } }, choice + " ", el("kbd", {}, String(k + 1))),
    );
    const asks = own ? (own === name ? "You confirmed it:" : "You say:") : "Is that right? It is";
    return el("div", { class: "correct", role: "group", "aria-label": "Your label" }, el("span", {}, asks), ...choices);
  }

  /** After a correction: the buttons alone change, the place in the text stays. */
  refresh(i) {
    if (this.i !== i || !$("pane").querySelector(".correct")) return;
    const held = [...$("pane").querySelectorAll(".correct button")].indexOf(document.activeElement);
    $("pane").querySelector(".correct").replaceWith(this.buttons(i, this.data.names.labels[this.data.label[i]]));
    if (held >= 0) $("pane").querySelectorAll(".correct button")[held].focus();
  }

  messages(i, thread, numbers) {
    const turned = this.data.turned[i];
    const part = section("Messages");
    thread.texts.forEach((text, k) => {
      if (turned === k + 1) part.append(el("p", { class: "turn" }, "▼ From here on it reads as bait-and-sell"));
      const who = thread.mine[k] ? "you" : "them";
      const kind = thread.kinds[k] === 0 ? ", invitation" : thread.kinds[k] === 2 ? ", InMail" : "";
      const body = text ? marked(text, k + 1, thread.hits, numbers) : [el("span", { class: "quiet" }, "(no note)")];
      part.append(
        el(
          "div",
          { class: "message " + (thread.mine[k] ? "mine" : "theirs-box") },
          el("div", { class: "head" }, el("span", {}, `${k + 1} · ${who}${kind}`), el("span", {}, date(thread.times[k]))),
          el("div", { class: "text theirs", dir: "auto" }, ...body),
        ),
      );
    });
    return part;
  }

  course(thread) {
    const box = el("div", { class: "course" });
    thread.course.forEach((shares, k) => {
      if (!shares) return;
      const [generic, bait, genuine] = shares;
      const best = genuine >= generic && genuine >= bait ? 2 : generic >= bait ? 0 : 1;
      box.append(
        el("span", {}, `after ${k + 1}`),
        el("span", {}, label(this.data.names.labels[best]), " " + percent(shares[best] / 1000)),
        stacked({ genuine, generic, "bait-and-sell": bait }),
      );
    });
    return box;
  }

  withoutMessages(i) {
    const { data } = this;
    const reasons = data.patterns[i].map((k) => el("li", {}, (data.says[data.names.patterns[k]] || [data.names.patterns[k]])[0]));
    const parts = [];
    if (data.quote[i]) parts.push(section("Strongest evidence", el("p", { class: "theirs" }, "“", ...shown(data.quote[i]), "”")));
    if (reasons.length) parts.push(section("Why " + data.names.labels[data.label[i]], el("ul", { class: "missing" }, ...reasons)));
    if (data.turned[i]) parts.push(el("p", { class: "turn" }, `From message ${data.turned[i]} on it reads as bait-and-sell.`));
    parts.push(el("p", { class: "quiet" }, "This page was made without the messages. ", el("code", {}, "detector explain INPUT --thread ID"), " shows them, with id ", el("code", {}, visible(data.id[i])), "."));
    const reply = this.reply(i, data.names.labels[data.label[i]]);
    if (reply) parts.push(section("A polite no", reply));
    return parts;
  }

  reply(i, name) {
    const { data } = this;
    if (data.names.actions[data.action[i]] !== "set-aside") return null;
    const lang = data.names.lang[data.lang[i]];
    const text = (data.polite[lang] || data.polite.en)[name];
    if (!text) return null;
    const area = el("textarea", { readonly: true, "aria-label": "A polite no, to copy", lang: data.polite[lang] ? lang : "en" }, text);
    return el("div", {}, el("p", { class: "quiet" }, "If you want to. Nothing is sent: copy it and answer yourself."), el("div", { class: "reply" }, area, el("button", { type: "button", on: { click: () => copy(text, area) } }, "Copy")));
  }
}

const section = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);

/** A link on LinkedIn, from an id or a slug alone. */
const out = (text, path) => el("a", { href: "https://www.linkedin.com/" + path, target: "_blank", rel: "noopener noreferrer" }, text);

function stacked(shares) {
  const bar = el("div", { class: "probabilities", "aria-hidden": "true" });
  for (const [name, share] of Object.entries(shares)) {
    const piece = el("span", { class: "bar-" + name });
    piece.style.width = share / 10 + "%";
    bar.append(piece);
  }
  return bar;
}

async function copy(text, area) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    if (area) area.select();
    say(area ? "Press Ctrl+C to copy" : "This browser does not allow copying");
  }
}
