// The editors of npm on one document, bound by their own bindings: two people type, one of them is away for a while, and in the end
// both editors show the same, which is also what the server reads in the document.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as Y from "yjs";
import { HocuspocusWriter, YWriter } from "./support/documents.mjs";
import { act, kWords, randomOf } from "./support/editing.mjs";
import { kEditors } from "./support/editors.mjs";
import { eventually, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kSeed = Number(process.env.ASHLAR_EDITORS_SEED ?? 20261122);

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

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
