// What a stranger may send on the wires of documents: it ends his own socket, and nobody else notices.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytes, number, RawSocket, string, text, YWriter } from "./support/documents.mjs";
import { Server } from "./support/server.mjs";

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());
const open = (Writer, name, token = server.key, options) => Writer.open(server.origin, name, token, options);

// What a stranger may send: [what, frames, the code that ends it]. Null: he may go on.
const kDeep = `${"[".repeat(2000)}${"]".repeat(2000)}`;
const kHuge = [255, 255, 255, 255, 255, 255, 255, 15];
const awarenessOf = (json, client = 1, clock = 1) => bytes(Buffer.concat([number(1), number(client), number(clock), string(json)]));
const kHostile = [
  ["an empty frame", [[]], 4400],
  ["half a number", [[0x80]], 4400],
  ["a sync without a payload", [[0, 2]], 4400],
  ["an unknown sync", [[0, 9, 0]], 4400],
  ["a payload that ends early", [[0, 2, 100, 1, 2, 3]], 4400],
  ["a payload of 2^53 bytes", [[0, 2, ...kHuge, 1]], 4400],
  ["an update of 2^53 clients", [[0, 2, 8, ...kHuge]], 4400],
  ["an update of 2^53 structs", [[0, 2, 10, 1, ...kHuge, 1]], 4400],
  ["an update that is text", [[0, 2, ...string("hello, world")]], 4400],
  ["an update with bytes left over", [[0, 2, 3, 0, 0, 0]], 4400],
  ["a string that is no UTF-8", [[0, 2, ...bytes(Uint8Array.from([1, 1, 9, 0, 4, 1, 1, 0x74, 2, 0xff, 0xfe, 0]))]], 4400],
  ["an unknown kind of content", [[0, 2, ...bytes(Uint8Array.from([1, 1, 9, 0, 31, 1, 1, 0x74, 2, 0]))]], 4400],
  ["a state vector of 2^53 clients", [[0, 0, 8, ...kHuge]], 4400],
  ["awareness of 2^53 clients", [[1, 8, ...kHuge]], 4400],
  ["awareness that is no JSON", [[1, ...awarenessOf("{")]], 4400],
  ["awareness that is deep", [[1, ...awarenessOf(kDeep)]], 4400],
  ["awareness that is huge", [[1, ...awarenessOf(JSON.stringify("x".repeat(100_000)))]], 4413],
  ["awareness of a hundred clients", [[1, ...bytes(Buffer.concat([number(100), ...Array.from({ length: 100 }, (_, i) => Buffer.concat([number(i + 1), number(1), string("{}")]))]))]], 4413],
  ["an unknown message", [[77, 1, 2, 3]], null],
  ["an auth message", [[2, 0, 1, 120]], null],
  ["a thousand questions who is there", Array.from({ length: 1000 }, () => [3]), null],
];

test("y-websocket: a stranger's frames end his own socket and nobody else's", async () => {
  const bystander = await open(YWriter, "hostile");
  const url = `${server.origin}/v1/documents/ws/hostile?token=${server.key}`;
  for (const [what, frames, code] of kHostile) {
    const raw = new RawSocket(url);
    await raw.frame("he is in", (frame) => frame[0] === 0 && frame[1] === 0);
    for (const frame of frames) raw.send(frame);
    if (code === null) {
      raw.frames.length = 0;
      raw.send([0, 0], bytes(number(0)));
      await raw.frame(`${what}: he may go on`, (frame) => frame[0] === 0 && frame[1] === 1);
    } else {
      assert.equal(await raw.closed, code, what);
    }
    raw.destroy();
  }
  const textual = new RawSocket(url);
  await textual.opened;
  textual.socket.send("hello");
  assert.equal(await textual.closed, 1003);
  const large = new RawSocket(url);
  await large.opened;
  large.send([0, 2], bytes(new Uint8Array(80 << 20)));
  assert.equal(await large.closed, 1009);
  bystander.doc.getText("content").insert(0, "undisturbed");
  const other = await open(YWriter, "hostile");
  assert.equal(text(other.doc), "undisturbed");
  bystander.destroy();
  other.destroy();
});

test("hocuspocus: what comes before auth, and what only servers say", async () => {
  const url = `${server.origin}/v1/documents/hocuspocus`, key = string("before");
  const rows = [
    ["an empty frame", [[]], 4400],
    ["a key that ends early", [[100, 1]], 4400],
    ["a key that is no UTF-8", [[1, 0xff, 0]], 4400],
    ["a key of 1,000 bytes", [[...string("k".repeat(1000)), 0]], 4400],
    ["an auth message that is none", [[...key, 2, 7]], 4400],
    ["a broadcast for servers", [[...key, 6, ...string("x")]], 4403],
    ["more than a mebibyte before auth", Array.from({ length: 5 }, () => [...key, 0, 2, ...bytes(new Uint8Array(300_000))]), 4400],
    ["ten thousand frames before auth", Array.from({ length: 10_000 }, () => [...key, 0, 0, 1, 0]), 4400],
  ];
  for (const [what, frames, code] of rows) {
    const raw = new RawSocket(url);
    await raw.opened;
    for (const frame of frames) raw.send(frame);
    assert.equal(await raw.closed, code, what);
  }
  const patient = new RawSocket(url);
  await patient.opened;
  patient.send(key, [0, 0], bytes(number(0)));  // before auth: it waits
  patient.send(string("before"), [9]);
  await patient.frame("a ping is answered", (frame) => frame.at(-1) === 10);
  patient.send(key, [2, 0], string(server.key));
  await patient.frame("then all is answered", (frame) => frame.subarray(key.length)[0] === 0 && frame.subarray(key.length)[1] === 1);
  patient.destroy();
  const many = new RawSocket(url);
  await many.opened;
  for (let i = 0; i < 200; ++i) many.send(string(`many-${i}`), [0, 0], bytes(number(0)));
  await many.frame("too many documents", (frame) => frame.includes("too_many_documents"));
  many.destroy();
});
