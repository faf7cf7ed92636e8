// Two editors of one binding on two Yjs documents that hear of each other within this process: no server, no provider. Says how often
// the documents are equal in the end and the editors show different things: what a server cannot be the cause of.
//
//   node programs/editors_alone.mjs @lexical/yjs 60
import { isDeepStrictEqual } from "node:util";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { act, kWords, randomOf } from "../support/editing.mjs";
import { kEditors } from "../support/editors.mjs";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function person() {
  const doc = new Y.Doc(), awareness = new Awareness(doc);
  return { doc, awareness, provider: { awareness, connect() {}, disconnect() {}, on() {}, off() {} }, inbox: [] };
}

async function run(binding, seed) {
  const random = randomOf(seed), a = person(), b = person();
  const typed = kWords.filter((word) => !binding.halves || word.length === [...word].length);
  for (const [one, other] of [[a, b], [b, a]]) one.doc.on("update", (update, origin) => { if (origin !== "other") other.inbox.push(update); });
  // What a binding writes when it hears of something goes back.
  const deliver = async (whole) => {
    for (let waits = 0; waits < 3; waits = a.inbox.length + b.inbox.length > 0 ? 0 : waits + 1) {
      for (const one of [a, b]) while (one.inbox.length > 0 && (whole || random(3) > 0)) Y.applyUpdate(one.doc, one.inbox.shift(), "other");
      await turn();
      if (!whole) return;
    }
  };
  const first = binding.open(a);
  binding.seed?.(a.doc);
  first.type(0, "Begun. ");
  const second = binding.open(b);
  await deliver(true);
  second.type(7, "Joined. ");
  await deliver(true);
  for (let i = 0; i < 100; ++i) {
    act(first, random, typed);
    act(second, random, typed);
    if ((i < 60 || i >= 90) && random(2) === 0) await deliver(false);
  }
  await deliver(true);
  const documents = isDeepStrictEqual(binding.of(a.doc).toJSON(), binding.of(b.doc).toJSON());
  const views = isDeepStrictEqual(first.shown(), second.shown());
  first.close(), second.close();
  return { documents, views };
}

const [name = "@lexical/yjs", runs = "60", seed = "1000"] = process.argv.slice(2);
const binding = await new Map(kEditors).get(name)(), found = { editor: name, runs: Number(runs), documents_equal: 0, views_differ_all_the_same: 0 };
for (let i = 0; i < found.runs; ++i) {
  const { documents, views } = await run(binding, Number(seed) + i);
  found.documents_equal += documents ? 1 : 0;
  found.views_differ_all_the_same += documents && !views ? 1 : 0;
}
console.log(JSON.stringify(found));
