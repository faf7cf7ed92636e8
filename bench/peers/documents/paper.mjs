// One long document (an editing trace: the automerge paper's, "B4") against a running server, on either wire.
//
//   node paper.mjs make TRACE.json.gz FOLDER      FOLDER/updates.bin: one update an edit, as yjs makes them; state.bin, vector.bin
//   node paper.mjs ingest FOLDER SERVER           all updates, one a frame, until the server answers for them
//   node paper.mjs copies FOLDER SERVER N         N documents of the whole state, kept open: memory of each
//   node paper.mjs open FOLDER SERVER N           opens those again, one after the other: until all of it is here
//   node paper.mjs idle FOLDER SERVER N           N empty documents, a connection each: memory of each
//
// SERVER is JSON: {"port", "pid", "wire": "y-websocket" | "hocuspocus", "path", "query", "token"}. Prints name=value a line.
import fs from "node:fs";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import zlib from "node:zlib";
import WebSocket from "ws";
import * as Y from "yjs";

const [mode, input, serverText, countText] = process.argv.slice(2);
const count = Number(countText);
// So many come first, uncounted: they fill what a server has once, whatever the number of documents (the page cache of its database).
const kFirst = 30;

function make(trace, folder) {
  const { txns } = JSON.parse(zlib.gunzipSync(fs.readFileSync(trace)));
  const doc = new Y.Doc();
  doc.clientID = 1;
  const pieces = [];
  let updates = 0;
  doc.on("update", (update) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(update.length);
    pieces.push(head, Buffer.from(update));
    updates += 1;
  });
  const text = doc.getText("content");
  for (const { patches } of txns) {
    for (const [at, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(at, deleted);
      if (inserted.length > 0) text.insert(at, inserted);
    }
  }
  fs.writeFileSync(`${folder}/updates.bin`, Buffer.concat(pieces));
  fs.writeFileSync(`${folder}/state.bin`, Y.encodeStateAsUpdate(doc));
  fs.writeFileSync(`${folder}/vector.bin`, Y.encodeStateVector(doc));
  console.log(`updates=${updates}\nletters=${text.length}`);
}

function* updatesOf(folder) {
  const all = fs.readFileSync(`${folder}/updates.bin`);
  for (let at = 0; at < all.length;) {
    const length = all.readUInt32LE(at);
    yield all.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

function number(n) {
  const out = [];
  for (; n >= 0x80; n = Math.floor(n / 128)) out.push(n % 128 | 0x80);
  out.push(n);
  return Buffer.from(out);
}
const bytes = (data) => Buffer.concat([number(data.length), data]);

function readNumber(data, at) {
  let n = 0;
  for (let factor = 1;; factor *= 128) {
    const byte = data[at++];
    n += (byte & 0x7f) * factor;
    if (byte < 0x80) return [n, at];
  }
}

class Visit {
  static async open(server, name) {
    const visit = new Visit();
    const hocuspocus = server.wire === "hocuspocus";
    visit.prefix = hocuspocus ? bytes(Buffer.from(name)) : Buffer.alloc(0);
    visit.socket = new WebSocket(`ws://127.0.0.1:${server.port}${server.path ?? "/"}${hocuspocus ? "" : name}${server.query ?? ""}`);
    visit.answers = [];
    visit.socket.on("message", (data) => visit.#hear(data));
    visit.socket.on("close", (code, reason) => visit.answers.forEach(({ reject }) => reject(new Error(`closed: ${code} ${reason}`))));
    await new Promise((resolve, reject) => visit.socket.once("open", resolve).once("error", reject));
    if (hocuspocus) visit.#send(Buffer.from([2, 0]), bytes(Buffer.from(server.token ?? "-")));
    return visit;
  }
  #send(...pieces) { this.socket.send(Buffer.concat([this.prefix, ...pieces])); }
  update(update) { this.#send(Buffer.from([0, 2]), bytes(update)); }
  // What the server has beyond `vector`.
  lacks(vector = Buffer.from([0])) {
    return new Promise((resolve, reject) => {
      this.answers.push({ resolve, reject });
      this.#send(Buffer.from([0, 0]), bytes(vector));
    });
  }
  #hear(data) {
    let at = this.prefix.length;
    let type, kind, length;
    [type, at] = readNumber(data, at);
    if (type !== 0 && type !== 4) return;
    [kind, at] = readNumber(data, at);
    if (kind !== 1) return;
    [length, at] = readNumber(data, at);
    this.answers.shift()?.resolve(data.subarray(at, at + length));
  }
}

function cpu_ms(pid) {
  let ns = 0;
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) ns += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return ns / 1e6;
}
const rss_kb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

async function ingest(folder, server) {
  const visit = await Visit.open(server, "paper");
  await visit.lacks();
  const before = cpu_ms(server.pid);
  const start = performance.now();
  let sent = 0;
  for (const update of updatesOf(folder)) {
    if (sent % 512 === 0) {
      visit.socket._socket.uncork();
      await setImmediate();
      while (visit.socket.bufferedAmount > 1 << 20) await sleep(1);
      visit.socket._socket.cork();
    }
    visit.update(update);
    sent += 1;
  }
  visit.socket._socket.uncork();
  await visit.lacks(fs.readFileSync(`${folder}/vector.bin`));
  console.log(`updates=${sent}\nseconds=${((performance.now() - start) / 1000).toFixed(2)}\ncpu_ms=${(cpu_ms(server.pid) - before).toFixed(0)}`);
  check(folder, await visit.lacks());
}

function check(folder, state) {
  const [got, wanted] = [new Y.Doc(), new Y.Doc()];
  Y.applyUpdate(got, state);
  Y.applyUpdate(wanted, fs.readFileSync(`${folder}/state.bin`));
  if (got.getText("content").toString() !== wanted.getText("content").toString()) throw new Error("the text is another one");
}

async function copies(folder, server) {
  const state = fs.readFileSync(`${folder}/state.bin`);
  const vector = fs.readFileSync(`${folder}/vector.bin`);
  const put = async (name) => {
    const visit = await Visit.open(server, name);
    visit.update(state);
    await visit.lacks(vector);
  };
  for (let i = 0; i < kFirst; ++i) await put(`first-${i}`);
  const before = rss_kb(server.pid);
  for (let i = 0; i < count; ++i) await put(`copy-${i}`);
  await sleep(3000);
  console.log(`kb_each=${((rss_kb(server.pid) - before) / count).toFixed(0)}`);
}

async function open(folder, server) {
  for (let i = 0; i < kFirst; ++i) await (await Visit.open(server, `first-${i}`)).lacks();
  const times = [];
  const before = cpu_ms(server.pid);
  const rss = rss_kb(server.pid);
  for (let i = 0; i < count; ++i) {
    const start = performance.now();
    const visit = await Visit.open(server, `copy-${i}`);
    const state = await visit.lacks();
    times.push(performance.now() - start);
    if (i === 0) check(folder, state);
  }
  times.sort((a, b) => a - b);
  console.log(`open_p50_ms=${times[count >> 1].toFixed(1)}\nopen_max_ms=${times.at(-1).toFixed(1)}\n` +
    `open_cpu_ms=${((cpu_ms(server.pid) - before) / count).toFixed(1)}\nopen_kb_each=${((rss_kb(server.pid) - rss) / count).toFixed(0)}`);
}

async function idle(server) {
  await (await Visit.open(server, "idle-first")).lacks();
  const before = rss_kb(server.pid);
  for (let i = 0; i < count; ++i) await (await Visit.open(server, `idle-${i}`)).lacks();
  await sleep(3000);
  console.log(`idle_kb_each=${((rss_kb(server.pid) - before) / count).toFixed(1)}`);
}

const server = serverText === undefined || mode === "make" ? {} : JSON.parse(serverText);
if (mode === "make") make(input, serverText);
else await { ingest, copies, open, idle: () => idle(server) }[mode](input, server);
process.exit(0);
