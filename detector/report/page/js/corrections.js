// Corrections: kept in this browser by inbox, undone one by one, taken out as labels.csv.

class Corrections {
  constructor(key, severalInboxes) {
    this.several = severalInboxes;
    this.key = "detector/labels/" + key;
    this.labels = new Map();
    this.steps = [];
    this.kept = true;
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) || "{}");
      for (const [id, name] of kept.labels || []) this.labels.set(String(id), String(name));
      this.steps = Array.isArray(kept.steps) ? kept.steps : [];
    } catch {
      this.kept = false;
    }
  }

  get(id) {
    return this.labels.get(id) || "";
  }

  set(id, name) {
    this.steps.push([id, this.get(id)]);
    if (name) this.labels.set(id, name);
    else this.labels.delete(id);
    this.keep();
  }

  /** Take the last step back; returns its thread id, or null if there is none. */
  undo() {
    const step = this.steps.pop();
    if (!step) return null;
    const [id, before] = step;
    if (before) this.labels.set(id, before);
    else this.labels.delete(id);
    this.keep();
    return id;
  }

  forget() {
    this.labels.clear();
    this.steps = [];
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ labels: [...this.labels], steps: this.steps.slice(-500) }));
      this.kept = true;
    } catch {
      this.kept = false;
    }
  }

  csv() {
    const rows = [...this.labels].map(([key, name]) => {
      if (!this.several) return cell(key) + "," + cell(name);
      const at = key.indexOf("\n"); // see keyOf
      return [cell(key.slice(at + 1)), cell(name), cell(key.slice(0, at))].join(",");
    });
    return "thread_id,label" + (this.several ? ",inbox" : "") + "\n" + rows.map((row) => row + "\n").join("");
  }
}

// A cell that a spreadsheet would run begins with an apostrophe, as in every CSV of Detector's.
const RUNS = /^(?: *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|'[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/;

function cell(text) {
  const safe = RUNS.test(text) ? "'" + text : text;
  return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = el("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
