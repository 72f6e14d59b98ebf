// Which threads are shown, and in which order.

const ORDERS = {
  unsure: (data) => (a, b) => confidence(data, a) - confidence(data, b),
  chasing: (data) => (a, b) => data.unanswered[b] - data.unanswered[a],
  oldest: (data) => (a, b) => (data.last[a] ?? Infinity) - (data.last[b] ?? Infinity),
};

class Rows {
  constructor(data, corrections) {
    this.data = data;
    this.corrections = corrections;
    this.found = null; // threads whose messages hold the words searched for
    this.heads = null;
  }

  /** Everything the list shows of a thread, folded for searching. */
  head(i) {
    this.heads ??= this.data.id.map((id, k) =>
      folded(this.data.sender[k] + "\n" + this.data.quote[k] + "\n" + this.data.names.sells[this.data.sells[k]] + "\n" + id),
    );
    return this.heads[i];
  }

  /** Numbers of the threads that pass all of `wanted`, in its order. */
  chosen(wanted) {
    const { data, corrections } = this;
    const words = folded(wanted.search).split(/\s+/).filter(Boolean);
    const sender = folded(wanted.sender);
    const from = wanted.from ? Date.parse(wanted.from) / 1000 : -Infinity;
    const until = wanted.until ? Date.parse(wanted.until) / 1000 + 86400 : Infinity;
    const dated = wanted.from || wanted.until;
    const rows = [];
    for (let i = 0; i < data.id.length; i++) {
      if (wanted.action !== "" && data.action[i] !== wanted.action) continue;
      if (wanted.label !== "" && data.label[i] !== wanted.label) continue;
      if (wanted.pattern !== "" && !data.patterns[i].includes(wanted.pattern)) continue;
      if (wanted.sells !== "" && data.sells[i] !== wanted.sells) continue;
      if (wanted.lang !== "" && data.lang[i] !== wanted.lang) continue;
      if (wanted.inbox !== "" && data.inbox[i] !== wanted.inbox) continue;
      if (wanted.template !== "" && data.template[i] !== wanted.template) continue;
      if (wanted.thread !== "" && data.id[i] !== wanted.thread) continue;
      if (dated && !(data.last[i] !== null && data.last[i] >= from && data.last[i] < until)) continue;
      if (wanted.corrected && (corrections.get(keyOf(data, i)) !== "") !== (wanted.corrected === "yes")) continue;
      if (sender && !folded(data.sender[i] + " " + data.slug[i]).includes(sender)) continue;
      if (words.length && !words.every((word) => this.head(i).includes(word)) && !(this.found && this.found.has(i))) continue;
      rows.push(i);
    }
    return wanted.order ? rows.sort(ORDERS[wanted.order](data)) : rows;
  }

  /** Look through all messages, block by block; calls `progress(share, done)`, stops when that returns false. */
  async searchMessages(text, progress) {
    const words = folded(text).split(/\s+/).filter(Boolean);
    const { data } = this;
    const found = new Set();
    const members = new Map();
    data.block.forEach((number, i) => {
      if (number < 0) return;
      if (!members.has(number)) members.set(number, []);
      members.get(number).push(i);
    });
    let done = 0;
    for (const [number, threads] of members) {
      const kept = members.size <= KEPT ? await block(number) : await (blocks.get(number) || unpack("block-" + number));
      for (const i of threads) {
        const all = folded(kept[data.place[i]].texts.join("\n"));
        if (words.every((word) => all.includes(word) || this.head(i).includes(word))) found.add(i);
      }
      done += 1;
      if (progress(done / members.size, false) === false) return;
    }
    this.found = found;
    progress(1, true);
  }
}
