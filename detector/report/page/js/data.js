// The data: an index of all threads, unpacked at the start, and blocks of whole threads, unpacked when needed.

function bytes(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found;
}

async function unpack(id) {
  const stream = new Blob([bytes($(id).textContent)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

const KEPT = 24; // blocks in memory at a time
const blocks = new Map();

/** The threads of one block; the blocks used last stay unpacked. */
function block(number) {
  let found = blocks.get(number);
  if (found) blocks.delete(number);
  else found = unpack("block-" + number);
  blocks.set(number, found);
  if (blocks.size > KEPT) blocks.delete(blocks.keys().next().value);
  return found;
}

/** One thread whole, or null where the page was made without messages. */
async function whole(data, i) {
  return data.block[i] < 0 ? null : (await block(data.block[i]))[data.place[i]];
}

/** What a correction is kept under: the thread's id; in a page of several inboxes, where ids may meet, its inbox too. */
const keyOf = (data, i) => (data.names.inbox.length > 1 ? data.names.inbox[data.inbox[i]] + "\n" : "") + data.id[i];

const genuineOf = (data, i) => 1000 - data.pg[i] - data.pb[i];
const confidence = (data, i) => Math.max(data.pg[i], data.pb[i], genuineOf(data, i)) / 1000;
