// The editors of npm on one document, bound by their own bindings: two people type, one of them is away for a while, and in the end
// both editors show the same, which is also what the server reads in the document.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as Y from "yjs";
import { HocuspocusWriter, YWriter } from "./support/documents.mjs";
import { kEditors } from "./support/editors.mjs";
import { eventually, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kSeed = Number(process.env.ASHLAR_EDITORS_SEED ?? 20261122);
const kWords = ["stone", " and ", "märchen", "😀", "x", " ", "the quick brown fox "];

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

// mulberry32
function randomOf(seed) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return (below) => Math.floor(next() * below);
}

// One thing that a person does; nobody can put a cursor into half a character.
function act(editor, random, typed) {
  const words = editor.words(), isHalf = (at) => /[\udc00-\udfff]/.test(words[at] ?? "");
  const whole = (at) => at - (isHalf(at) ? 1 : 0);
  const at = whole(random(words.length + 1)), end = (length) => Math.max(0, whole(Math.min(at + length, words.length)) - at), what = random(10);
  if (what < 6) return editor.type(at, typed[random(typed.length)]);
  if (what < 8) return editor.remove(at, end(1 + random(3)));
  if (what < 9 && editor.bold) return editor.bold(at, end(1 + random(8)));
  return editor.split ? editor.split(at) : editor.type(at, " ");
}

const equal = (a, b) => Y.equalSnapshots(Y.snapshot(a.doc), Y.snapshot(b.doc));  // deletions too

for (const [name, load] of kEditors) {
  let binding = null, why = "";
  try {
    binding = await load();
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") throw error;
    why = `${error.message}: this editor is NOT tested`;
  }
  test(`${name}: two editors, one of them away for a while`, { skip: binding ? false : why }, async (t) => {
    const document = `editors-${name.replace(/\W/g, "-")}`, random = randomOf(kSeed);
    const typed = kWords.filter((word) => !binding.halves || word.length === [...word].length);
    const a = new YWriter(server.origin, document, server.key), first = binding.open(a);
    t.after(() => (first.close(), a.destroy()));
    await a.synced();
    binding.seed?.(a.doc);
    first.type(0, "Begun. ");
    const b = new HocuspocusWriter(server.origin, document, server.key), second = binding.open(b);
    t.after(() => (second.close(), b.destroy()));
    await b.synced();
    await eventually("the second one has what the first one wrote", () => equal(a, b));
    second.type(7, "Joined. ");
    await eventually("both have it", () => equal(a, b) && first.words().includes("Joined. ") && second.words().includes("Begun. "));
    const both = async (rounds) => {
      for (let i = 0; i < rounds; ++i) {
        act(first, random, typed);
        act(second, random, typed);
        if (i % 3 === 0) await sleep(1);
      }
    };
    await both(60);
    b.socket.disconnect();
    await both(30);
    b.socket.connect();
    await both(10);
    await eventually("both documents are equal", () => equal(a, b), 10_000);
    assert.deepEqual(binding.of(b.doc).toJSON(), binding.of(a.doc).toJSON(), `seed ${kSeed}`);
    if (!binding.drifts) assert.deepEqual(second.shown(), first.shown(), `seed ${kSeed}`);
    assert.ok(first.words().length > 20, first.words());
    await b.stored();
    const root = encodeURIComponent(binding.root), at = `/v1/documents/${document}`;
    const read = async (view) => (await server.api.get(`${at}/${view}root=${root}`));
    assert.deepEqual((await read(`json?type=${binding.kind}&`)).json, binding.of(a.doc).toJSON(), `seed ${kSeed}`);
    if (binding.kind === "text") {
      assert.equal((await read("text?")).text, binding.of(a.doc).toString());
      assert.deepEqual((await read("delta?")).json, binding.of(a.doc).toDelta());
    }
    const copy = new Y.Doc();
    Y.applyUpdate(copy, (await server.api.get(`${at}/state`)).body);
    assert.deepEqual(binding.of(copy).toJSON(), binding.of(a.doc).toJSON());
  });
}
