// Documents' smaller rules: names, tokens, bounds, and many who come at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as Y from "yjs";
import { bytes, HocuspocusWriter, RawSocket, same, text, YWriter } from "./support/documents.mjs";
import { eventually, kSlow, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kReturning = Number(process.env.ASHLAR_DOCUMENTS_RETURNING ?? 200);

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

const path = (name, rest = "") => `/v1/documents/${encodeURIComponent(name)}${rest}`;
async function newToken(name, access, more = {}) {
  const made = await server.api.post(path(name, "/tokens"), { access, ttl_s: 600, ...more });
  assert.equal(made.status, 201, made.text);
  return made.json.token;
}

test("y-websocket: a name with slashes, as its users have them", async () => {
  const names = ["team/board", "a/b/c/d", "projects/ä 7/minutes/", "x//y"];
  for (const name of names) {
    const a = await YWriter.open(server.origin, name, server.key);
    a.doc.getText("content").insert(0, name);
    await eventually(`${name} by HTTP`, async () => (await server.api.get(path(name, "/text"))).text === name);
    const b = await HocuspocusWriter.open(server.origin, name, server.key);
    assert.equal(text(b.doc), name, "the same document on the other wire");
    const c = await YWriter.open(server.origin, encodeURIComponent(name), server.key);
    assert.equal(text(c.doc), name, "and with %2F");
    for (const one of [a, b, c]) one.destroy();
  }
  assert.equal((await server.api.get("/v1/documents/team/board/text")).status, 404, "HTTP's paths keep %2F");
  assert.equal((await server.api.get("/v1/documents/ws/")).status, 404);
});

test("a token ends with its document, whatever is called so next", async () => {
  const early = await newToken("mortal", "write"), late = await newToken("mortal", "read", { user: "ann" });
  const a = await YWriter.open(server.origin, "mortal", early);
  a.doc.getText("content").insert(0, "first");
  await eventually("it is there", async () => (await server.api.get(path("mortal", "/text"))).text === "first");
  assert.equal((await server.api.delete(path("mortal", "?erase=true"))).status, 204);
  await eventually("shown out", () => a.closes.includes(4404));
  a.destroy();
  await server.api.post(path("mortal", "/edits"), { edits: [{ op: "append_text", root: "content", text: "second" }] });
  for (const token of [early, late]) {
    const raw = new RawSocket(`${server.origin}/v1/documents/ws/mortal?token=${token}`);
    assert.equal(await raw.closed, 4401);
    assert.equal(raw.reason, "revoked_document_token");
  }
  const b = await YWriter.open(server.origin, "mortal", await newToken("mortal", "write"));
  assert.equal(text(b.doc), "second");
  b.destroy();
});

test("by HTTP, what is wrong with an update is 422 and has a reason", async () => {
  const deep = Buffer.from([1, 1, 9, 0, 8, 1, 1, 0x74, 1, ...Array.from({ length: 5000 }, () => [117, 1]).flat(), 126, 0]);
  const v2 = Y.encodeStateAsUpdateV2(new Y.Doc());
  for (const [what, body, query, reason] of [
    ["nothing", Buffer.alloc(0), "", /^update_malformed$/],
    ["a text", Buffer.from("hello, world"), "", /^update_/],
    ["bad UTF-8", Buffer.from([1, 1, 9, 0, 4, 1, 1, 0x74, 2, 0xff, 0xfe, 0]), "", /^update_text$/],
    ["deep values", deep, "", /^update_too_deep$/],
    ["half of the second format", Buffer.from(v2).subarray(0, 5), "?format=v2", /^update_/],
  ]) {
    const answer = await server.api.post(path("wrong", `/update${query}`), body, { headers: { "Content-Type": "application/octet-stream" } });
    assert.equal(answer.status, 422, `${what}: ${answer.text}`);
    assert.match(answer.json.reason, reason, what);
  }
});

test("who may comment is seen and changes nothing", async () => {
  for (const [wire, Writer] of [["y", YWriter], ["h", HocuspocusWriter]]) {
    const name = `comment-${wire}`, owner = await Writer.open(server.origin, name, server.key);
    const guest = await Writer.open(server.origin, name, await newToken(name, "comment", { user: "gus", name: "Gus" }));
    guest.awareness.setLocalStateField("cursor", 4);
    const seen = await eventually("he is seen", () => owner.awareness.getStates().get(guest.doc.clientID));
    assert.equal(seen.user.name, "Gus");
    guest.doc.getText("content").insert(0, "no");
    await sleep(200);
    assert.equal(text(owner.doc), "");
    for (const one of [owner, guest]) one.destroy();
  }
});

test("who sends more than he may is read more slowly, and nobody else is", async () => {
  const strict = await Server.start({ sets: { "documents.messages_per_s": 100 } });
  try {
    const url = `${strict.origin}/v1/documents/ws/paced?token=${strict.key}`;
    const answered = async (raw) => {  // as soon as all that was sent before is read
      raw.frames.length = 0;
      raw.send([0, 0], bytes(Uint8Array.of(0)));
      const began = performance.now();
      await raw.frame("it is read", (frame) => frame[0] === 0 && frame[1] === 1);
      return performance.now() - began;
    };
    const [hasty, calm] = [new RawSocket(url), new RawSocket(url)];
    for (const raw of [hasty, calm]) await raw.frame("he is in", (frame) => frame[0] === 0);
    for (let i = 0; i < 1300; ++i) hasty.send([3]);
    const late = answered(hasty);
    assert.ok(await answered(calm) < 1000 * kSlow);
    assert.ok(await late > 2500, "three hundred beyond a thousand at once");
    assert.equal(hasty.code, null, "he is not cut");
    const metrics = (await strict.api.get("/metrics")).text;
    assert.match(metrics, /^ashlar_websocket_slowed_total [1-9]/m);
    for (const raw of [hasty, calm]) raw.destroy();
  } finally {
    await strict.stop();
  }
});

// Everybody had the document open, lost his connection, wrote 50 things, and comes back in the same moment.
test(`${kReturning} who return at once with 50 edits each; a bystander writes on`, async () => {
  const seed = new Y.Doc();
  seed.getText("content").insert(0, "Begun. ");
  await server.api.post(path("return", "/update"), Buffer.from(Y.encodeStateAsUpdate(seed)), { headers: { "Content-Type": "application/octet-stream" } });
  const pending = Array.from({ length: kReturning }, (_, i) => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(seed));
    for (let k = 0; k < 50; ++k) doc.getText("content").insert(doc.getText("content").length, `${i % 10}`);
    return { doc, update: Y.encodeStateAsUpdate(doc, Y.encodeStateVector(seed)) };
  });
  const a = await YWriter.open(server.origin, "bystander", server.key), b = await YWriter.open(server.origin, "bystander", server.key);
  const delays = [];
  let on = true;
  b.doc.getMap("m").observe(() => delays.push(performance.now() - b.doc.getMap("m").get("at")));
  const writing = (async () => { while (on) { a.doc.getMap("m").set("at", performance.now()); await sleep(20); } })();

  const url = `${server.origin}/v1/documents/ws/return?token=${server.key}`, began = performance.now();
  const sockets = pending.map(({ doc, update }) => {
    const raw = new RawSocket(url);
    raw.socket.on("message", (data) => {
      // As a provider does: step 1 is answered with what the server lacks.
      if (data[0] === 0 && data[1] === 0) raw.send([0, 1], bytes(update));
      if (data[0] === 0 && data[1] !== 0) raw.got = true;
    });
    raw.opened.then(() => raw.send([0, 0], bytes(Y.encodeStateVector(doc))));
    return raw;
  });
  const all = 7 + kReturning * 50;
  await eventually("all is merged", async () => (await server.api.get(path("return", "/text"))).text.length === all, 60_000, 100);
  const took = performance.now() - began;
  on = false;
  await writing;
  delays.sort((x, y) => x - y);
  console.log(`${kReturning} returned with 50 edits each: merged after ${took.toFixed(0)} ms; bystander p50 ${delays[delays.length >> 1]?.toFixed(1)} ms, most ${delays.at(-1)?.toFixed(1)} ms`);
  assert.ok(sockets.every((raw) => raw.code === null), "nobody was cut");
  assert.ok(delays.length > 0 && delays.at(-1) < 3000 * kSlow, String(delays.at(-1)));
  for (const raw of sockets) raw.destroy();
  const late = new Y.Doc();
  Y.applyUpdate(late, (await server.api.get(path("return", "/state"))).body);
  for (const { doc, update } of pending) assert.equal(late.store.clients.get(doc.clientID)?.length > 0, update.length > 0);
  await eventually("the bystanders agree", () => same(a.doc, b.doc));
  for (const one of [a, b]) one.destroy();
});
