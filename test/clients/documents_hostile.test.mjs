// What a stranger may send on the wires of documents: it ends his own socket at most, in bounded time and memory, and who writes in
// another document meanwhile hardly notices. docs/documents.md has the classes of it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";
import * as Y from "yjs";
import { bytes, HocuspocusWriter, number, RawSocket, string, text, YWriter } from "./support/documents.mjs";
import { eventually, kSanitized, kSlow, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kDocuments = Number(process.env.ASHLAR_HOSTILE_DOCUMENTS ?? 2000);
const kMostGrowth = 384 << 20;  // of resident memory by all of it, the page cache of what they wrote included
const kMostDelay_ms = 1000;     // p99 of an update of the bystander, on a machine that runs four files at a time

let server, url, startRss;
const delays = [];  // of the bystander's updates, from his editor to the other one's
let writer, reader, stopWriting;

// Two people in a document of their own, one of whom writes 20 times a second.
async function beginWriting() {
  writer = await YWriter.open(server.origin, "bystanders", server.key);
  reader = await YWriter.open(server.origin, "bystanders", server.key);
  let on = true;
  reader.doc.getMap("clock").observe(() => delays.push(performance.now() - reader.doc.getMap("clock").get("at")));
  const done = (async () => {
    while (on) {
      writer.doc.getMap("clock").set("at", performance.now());
      await sleep(50);
    }
  })();
  stopWriting = async () => { on = false; await done; };
}

before(async () => {
  server = await Server.start();
  url = `${server.origin}/v1/documents/ws/hostile?token=${server.key}`;
  await beginWriting();
  await sleep(200);
  startRss = server.rss_bytes();
});
after(async () => {
  await stopWriting?.();
  for (const one of [writer, reader]) one?.destroy();
  await server?.stop();
});

async function newToken(name, access, more = {}) {
  const made = await server.api.post(`/v1/documents/${name}/tokens`, { access, ttl_s: 600, ...more });
  assert.equal(made.status, 201, made.text);
  return made.json.token;
}
const open = async (address = url) => {
  const raw = new RawSocket(address);
  await raw.frame("he is in", (frame) => frame[0] === 0 && frame[1] === 0);
  return raw;
};
async function goesOn(raw, what) {
  raw.frames.length = 0;
  raw.send([0, 0], bytes(number(0)));
  await raw.frame(`${what}: he may go on`, (frame) => frame[0] === 0 && frame[1] === 1);
}

const update = (...parts) => [[0, 2, ...bytes(Buffer.concat(parts.map((part) => Buffer.from(part))))]];
const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const kDeep = `${"[".repeat(2000)}${"]".repeat(2000)}`;
const kHuge = [255, 255, 255, 255, 255, 255, 255, 15];  // 2^53 - 1
const kRoot = [1, 1, 0x74];                             // in the root "t"
const awarenessOf = (json, client = 1, clock = 1) => bytes(Buffer.concat([number(1), number(client), number(clock), string(json)]));

// One update of many clients, each of which inserts at the very beginning.
function inserted(clients) {
  const parts = [number(clients)];
  for (let client = clients; client > 0; --client) parts.push(number(1), number(client), [0, 4], kRoot, string("x"));
  return update(...parts, [0]);
}
function nested(depth) {  // each type in the one before
  const parts = [[1], number(depth), [7, 0, 7], kRoot, [1]];
  for (let i = 1; i < depth; ++i) parts.push([0x27, 0, 7], number(i - 1), string("k"), [1]);
  return update(...parts, [0]);
}
const v2 = () => {
  const doc = new Y.Doc();
  doc.getText("content").insert(0, "in another format");
  return update(Y.encodeStateAsUpdateV2(doc));
};

// [what, frames, the code that ends it]. Null: he may go on.
const kFrames = [
  ["an empty frame", [[]], 4400],
  ["half a number", [[0x80]], 4400],
  ["a number of eleven bytes", [[...repeat(10, () => 0x80), 1]], 4400],
  ["a sync of one byte", [[0]], 4400],
  ["a sync without a payload", [[0, 2]], 4400],
  ["an unknown sync", [[0, 9, 0]], 4400],
  ["a payload that ends early", [[0, 2, 100, 1, 2, 3]], 4400],
  ["a payload of 2^53 bytes", [[0, 2, ...kHuge, 1]], 4400],
  ["an update of 2^53 clients", update(kHuge), 4400],
  ["an update of 2^53 structs", update([1], kHuge, [1]), 4400],
  ["an update that is text", [[0, 2, ...string("hello, world")]], 4400],
  ["an update with bytes left over", [[0, 2, 3, 0, 0, 0]], 4400],
  ["an update in the second format", v2(), 4400],
  ["a string that is no UTF-8", update([1, 1, 9, 0, 4], kRoot, [2, 0xff, 0xfe, 0]), 4400],
  ["an unknown kind of content", update([1, 1, 9, 0, 31], kRoot, [2, 0]), 4400],
  ["a value that is a hundred thousand arrays deep", update([1, 1, 9, 0, 8], kRoot, [1], repeat(100_000, () => [117, 1]).flat(), [126, 0]), 4400],
  ["an array of 2^53 values", update([1, 1, 9, 0, 8], kRoot, kHuge, [126, 0]), 4400],
  ["clocks near 2^53", update([1, 1, 9], kHuge, [4], kRoot, [1, 0x78, 0]), [4400, 4413]],
  ["a struct of 2^53 units", update([1, 1, 9, 0, 0], kHuge, [0]), [4400, 4413]],
  ["a thousand types, each in the other", nested(1000), [4400, 4413]],
  ["a state vector of 2^53 clients", [[0, 0, 8, ...kHuge]], 4400],
  ["awareness of 2^53 clients", [[1, 8, ...kHuge]], 4400],
  ["awareness that is no JSON", [[1, ...awarenessOf("{")]], 4400],
  ["awareness that is deep", [[1, ...awarenessOf(kDeep)]], 4400],
  ["awareness that is huge", [[1, ...awarenessOf(JSON.stringify("x".repeat(100_000)))]], 4413],
  ["awareness of a hundred clients", [[1, ...bytes(Buffer.concat([number(100), ...repeat(100, (i) => Buffer.concat([number(i + 1), number(1), string("{}")]))]))]], 4413],
  ["an unknown message", [[77, 1, 2, 3]], null],
  ["an auth message", [[2, 0, 1, 120]], null],
  ["a deletion of billions that nobody has written", update([0], [1], number(77), [1, 0], number(2 ** 40)), [null, 4400, 4413]],
  ["a state vector of a hundred thousand clients", [Buffer.concat([Buffer.from([0, 0]), bytes(Buffer.concat([number(100_000), ...repeat(100_000, (i) => Buffer.concat([number(i + 1), number(9)]))]))])], null],
  ["4,000 clients who insert at 0", inserted(4000), [null, 4413]],
  ["ten thousand updates that wait for what never comes", repeat(10_000, (i) => update([1, 1], number(1000 + i), [0, 0x84], number(2 ** 31 - 1), [5, 1, 0x78, 0])[0]), [null, 4413]],
  ["a thousand questions who is there", repeat(1000, () => [3]), null],
  ["five thousand states of himself", repeat(5000, (i) => [1, ...awarenessOf(`{"n":${i}}`, 99, i + 1)]), null],
];

test("y-websocket: frames that no provider sends", async () => {
  for (const [what, frames, ends] of kFrames) {
    const raw = await open(), began = performance.now(), codes = [ends].flat();
    for (const frame of frames) raw.send(frame);
    if (codes.includes(null)) {
      const code = await Promise.race([raw.closed, goesOn(raw, what).then(() => null)]);
      assert.ok(codes.includes(code), `${what}: ${code}`);
    } else {
      assert.ok(codes.includes(await raw.closed), `${what}: ${raw.code} ${raw.reason}`);
    }
    assert.ok(performance.now() - began < 5000 * kSlow, `${what}: ${performance.now() - began} ms`);
    raw.destroy();
  }
  const textual = await open();
  textual.socket.send("hello");
  assert.equal(await textual.closed, 1003);
  const large = await open();
  large.send([0, 2], bytes(new Uint8Array(80 << 20)));
  assert.equal(await large.closed, 1009);
});

test("who writes under another's client id, or with another document's token", async () => {
  const alice = await YWriter.open(server.origin, "forged", await newToken("forged", "write", { user: "alice" }));
  alice.doc.getText("content").insert(0, "mine");
  await eventually("it is stored", async () => (await server.api.get("/v1/documents/forged/text?root=content")).text === "mine");
  const mallory = await open(`${server.origin}/v1/documents/ws/forged?token=${await newToken("forged", "write", { user: "mallory" })}`);
  mallory.send([0, 2], bytes(Buffer.concat([Buffer.from([1, 1]), number(alice.doc.clientID), Buffer.from([4, 0x84]), number(alice.doc.clientID), Buffer.from([3]), string("!"), Buffer.from([0])])));
  assert.equal(await mallory.closed, 4403);
  assert.equal(mallory.reason, "client_id_taken");
  assert.equal(text(alice.doc), "mine");
  const astray = new RawSocket(`${server.origin}/v1/documents/ws/forged?token=${await newToken("elsewhere", "write")}`);
  assert.equal(await astray.closed, 4403);
  for (const name of ["x".repeat(300), "%00", "a%0Ab"]) {
    const odd = new RawSocket(`${server.origin}/v1/documents/ws/${name}?token=${server.key}`);
    await odd.closed;
    assert.equal(odd.status, 400, name);
  }
  alice.destroy();
});

// A WebSocket by hand: `pieces` go out behind its handshake; gives all that came back once the server has closed or `wait_ms` is over.
function byHand(pieces, { wait_ms = 3000, headers = "" } = {}) {
  return new Promise((done) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let got = Buffer.alloc(0);
    const end = (closed) => { clearTimeout(timer); socket.destroy(); done({ got, closed, head: got.toString("latin1").split("\r\n\r\n")[0] }); };
    const timer = setTimeout(() => end(false), wait_ms * kSlow);
    socket.on("error", () => {});
    socket.on("close", () => end(true));
    socket.on("data", (data) => (got = Buffer.concat([got, data])));
    socket.write(`GET ${url.slice(server.origin.length)} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n${headers}\r\n`);
    (async () => { for (const piece of pieces) { if (typeof piece === "number") await sleep(piece); else if (!socket.destroyed) socket.write(piece); } })();
  });
}
const frame = (first, payload = Buffer.alloc(0)) => {
  const head = payload.length < 126 ? Buffer.from([first, 0x80 | payload.length]) : Buffer.from([first, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);  // masked with zeros
};
const closeCode = (got) => { const at = got.lastIndexOf(0x88); return at < 0 ? null : got.readUInt16BE(at + 2); };

test("WebSocket frames that no browser makes", async () => {
  const kRows = [
    ["a frame without a mask", [Buffer.from([0x82, 1, 3])], 1002],
    ["an opcode that is none", [frame(0x83)], 1002],
    ["a compressed frame, though nothing was agreed on", [frame(0xc2, randomBytes(100))], 1002],
    ["a ping of 126 bytes", [frame(0x89, Buffer.alloc(126))], 1002],
    ["a continuation of nothing", [frame(0x80)], 1002],
    ["a length of 2^63 bytes", [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], 1002],
    ["a length of 2^62 bytes", [Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], 1009],
    ["a close code that is none", [frame(0x88, Buffer.from([0, 1]))], 1002],
  ];
  for (const [what, pieces, code] of kRows) {
    const { got, closed } = await byHand([50, ...pieces]);
    assert.ok(closed, what);
    assert.equal(closeCode(got), code, what);
  }
  const offered = await byHand([50, frame(0x88, Buffer.from([3, 232]))], { headers: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15; client_max_window_bits\r\n" });
  assert.match(offered.head, /^HTTP\/1\.1 101/);
  assert.doesNotMatch(offered.head, /extensions/i, "no compression: there is nothing to inflate");
  const slowly = await byHand([50, ...[...frame(0x82, Buffer.from([3])), ...frame(0x88, Buffer.from([3, 232]))].flatMap((byte) => [Buffer.from([byte]), 2])]);
  assert.equal(closeCode(slowly.got), 1000, "one byte at a time is slow, not wrong");
});

test("floods: pieces of one message, pings, authentications, half-open sockets", async () => {
  const pieces = await byHand([50, frame(0x02, Buffer.from([3])), Buffer.concat(repeat(200_000, () => frame(0x00))), frame(0x80), frame(0x88, Buffer.from([3, 232]))], { wait_ms: 10_000 });
  assert.ok([1000, 1002, 1008, 1009].includes(closeCode(pieces.got)), String(closeCode(pieces.got)));
  const pings = await byHand([50, Buffer.concat(repeat(100_000, () => frame(0x89, Buffer.from("p")))), frame(0x88, Buffer.from([3, 232]))], { wait_ms: 10_000 });
  assert.ok(pings.closed);
  const tokens = new RawSocket(`${server.origin}/v1/documents/hocuspocus`);
  await tokens.opened;
  for (let i = 0; i < 5000; ++i) tokens.send(string(`auth-${i % 50}`), [2, 0], string(`wrong-${i}`));
  await tokens.frame("he is denied", (one) => one.includes("permission-denied") || one.includes("invalid"));
  const half = repeat(300, () => net.connect(server.port, "127.0.0.1").on("error", () => {}));
  for (const socket of half) socket.write("GET /v1/documents/ws/half HTTP/1.1\r\nHost: x\r\nUpgr");
  const unfinished = await byHand([50, Buffer.from([0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3])], { wait_ms: 500 });  // and nothing more
  assert.ok(!unfinished.closed);
  assert.equal((await server.api.get("/v1/documents/bystanders/state-vector")).status, 200);
  for (const socket of half) socket.destroy();
  tokens.destroy();
});

test("who does not read what others write is cut, and they write on", async () => {
  const a = await YWriter.open(server.origin, "slow", server.key);
  const sleeper = await open(`${server.origin}/v1/documents/ws/slow?token=${server.key}`);
  sleeper.socket._socket.pause();
  const map = a.doc.getMap("m");
  let sent = 0;
  await eventually("he is cut", async () => {
    for (let i = 0; i < 16; ++i, ++sent) map.set("k", randomBytes(128 << 10).toString("latin1").replace(/[^ -~]/g, "x"));
    await sleep(20);
    return (await server.api.get("/v1/documents/slow/sessions")).json.data.length === 1;
  }, 60_000);
  assert.ok(a.provider.synced && a.closes.length === 0);
  // And who asks for everything again and again, reading nothing of it.
  const asker = await open(`${server.origin}/v1/documents/ws/slow?token=${server.key}`);
  asker.socket._socket.pause();
  for (let i = 0; i < 5000; ++i) asker.send([0, 0], bytes(number(0)));
  await sleep(1000);
  assert.equal((await server.api.get("/v1/documents/bystanders/state-vector")).status, 200);
  for (const one of [a, sleeper, asker]) one.destroy();
});

test("hocuspocus: what comes before auth, and what only servers say", async () => {
  const address = `${server.origin}/v1/documents/hocuspocus`, key = string("before");
  const rows = [
    ["an empty frame", [[]], 4400],
    ["a key that ends early", [[100, 1]], 4400],
    ["a key that is no UTF-8", [[1, 0xff, 0]], 4400],
    ["a key of 1,000 bytes", [[...string("k".repeat(1000)), 0]], 4400],
    ["an auth message that is none", [[...key, 2, 7]], 4400],
    ["a broadcast for servers", [[...key, 6, ...string("x")]], 4403],
    ["more than a mebibyte before auth", repeat(5, () => [...key, 0, 2, ...bytes(new Uint8Array(300_000))]), 4400],
    ["ten thousand frames before auth", repeat(10_000, () => [...key, 0, 0, 1, 0]), 4400],
  ];
  for (const [what, frames, code] of rows) {
    const raw = new RawSocket(address);
    await raw.opened;
    for (const one of frames) raw.send(one);
    assert.equal(await raw.closed, code, what);
  }
  const patient = new RawSocket(address);
  await patient.opened;
  patient.send(key, [0, 0], bytes(number(0)));  // before auth: it waits
  patient.send(string("before"), [9]);
  await patient.frame("a ping is answered", (one) => one.at(-1) === 10);
  patient.send(key, [2, 0], string(server.key));
  await patient.frame("then all is answered", (one) => one.subarray(key.length)[0] === 0 && one.subarray(key.length)[1] === 1);
  patient.destroy();
  const many = new RawSocket(address);
  await many.opened;
  for (let i = 0; i < 200; ++i) many.send(string(`many-${i}`), [0, 0], bytes(number(0)));
  await many.frame("too many documents", (one) => one.includes("too_many_documents"));
  many.destroy();
});

test(`${kDocuments} documents that one client opens`, async () => {
  const sockets = [];
  for (let from = 0; from < kDocuments; from += 50) {
    const raw = new RawSocket(`${server.origin}/v1/documents/hocuspocus`);
    await raw.opened;
    for (let i = from; i < Math.min(kDocuments, from + 50); ++i) raw.send(string(`opened-${i}`), [2, 0], string(server.key));
    sockets.push(raw);
  }
  await eventually("all are open", () => sockets.every((raw) => raw.frames.filter((one) => one.includes("read-write")).length === 50), 60_000);
  for (const raw of sockets) raw.destroy();
});

test("the bystanders hardly noticed, and memory is bounded", async () => {
  await stopWriting();
  await eventually("the last word arrived", () => reader.doc.getMap("clock").get("at") === writer.doc.getMap("clock").get("at"));
  delays.sort((a, b) => a - b);
  const p99 = delays[Math.floor(delays.length * 0.99)], grown = server.rss_bytes() - startRss;
  console.log(`bystander: ${delays.length} updates, p50 ${delays[delays.length >> 1].toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, most ${delays.at(-1).toFixed(1)} ms; memory grew by ${(grown / 2 ** 20).toFixed(0)} MB`);
  assert.deepEqual([...writer.closes, ...reader.closes], []);
  assert.ok(p99 < kMostDelay_ms * kSlow, `${p99} ms`);
  assert.ok(kSanitized || grown < kMostGrowth, `${grown} bytes`);
  const c = await HocuspocusWriter.open(server.origin, "bystanders", server.key);
  assert.equal(c.doc.getMap("clock").get("at"), writer.doc.getMap("clock").get("at"));
  c.destroy();
});
