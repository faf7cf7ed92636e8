// Kills the server at random moments while 20 writers and 4 witnesses have documents open, and holds what comes back against what was
// acknowledged and against what was seen.
//
//   node test/crash/documents.mjs [--rounds 200] [--seed N] [--store sqlite|postgres]
//
// One store goes through ten rounds, then a fresh one takes its place. A round: half of the writers by HTTP, half by Hocuspocus'
// provider, five to a document, each writing tokens at the end; a witness in each document by y-websocket; SIGKILL at a moment that the
// seed gives; all clients end at once, so that nobody sends again what he still has; perhaps another kill while the server recovers;
// then the start that has to be good, and the checks:
//   every token that was acknowledged is there, in this round and in all before it
//   every token that somebody else had seen is there: nobody is shown what could be lost
//   no token is there twice, none that nobody has written
//   the state is one that Yjs reads, with the same text; `ashlar verify` finds nothing
// The seed gives the plan, not the interleaving.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { HocuspocusWriter, HttpWriter, kRoot, tokensOf, Witness, Y } from "../clients/support/document_writers.mjs";
import { Api } from "../clients/support/http.mjs";
import { sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kDocuments = 4;
const kWriters = 20;
const kRoundsOfAStore = 10;
const kShortestRound_ms = 400;
const kLongestRound_ms = 2000;

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "10" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" } } });
const rounds = Number(options.rounds);
const seed = Number(options.seed);
assert.ok(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed), "--rounds and --seed are whole numbers");

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const nameOf = (i) => `crash-${i % kDocuments}`;

class Run {
  constructor(random) {
    Object.assign(this, { random, store: new Store(options.store), must: new Map(), written: new Set(), server: null });
    for (let i = 0; i < kDocuments; ++i) this.must.set(nameOf(i), new Set());
  }

  async start() {
    this.server = await Server.start({ store: this.store });
    this.key ??= this.server.key;  // told once
    this.server.key = this.key;
    this.api = new Api(this.server.origin, this.key);
  }

  async round(number) {
    const writers = [];
    for (let i = 0; i < kWriters; ++i) {
      const Kind = i % 8 < 4 ? HttpWriter : HocuspocusWriter;
      writers.push(new Kind(this.server, nameOf(i), `${number}.${i}`));
    }
    const witnesses = Array.from({ length: kDocuments }, (_, i) => new Witness(this.server, nameOf(i)));
    const running = Promise.all(writers.map((writer) => writer.run?.()));
    await Promise.race([sleep(kShortestRound_ms + this.random() * (kLongestRound_ms - kShortestRound_ms)), running]);
    await this.server.kill();
    for (const client of [...writers, ...witnesses]) client.end?.();
    await running;
    await this.store.settled();

    let acknowledged = 0, seen = 0;
    for (const writer of writers) {
      for (let i = 1; i <= writer.sent; ++i) this.written.add(`[${writer.mark}.${i}]`);
      for (const token of writer.acknowledged) this.must.get(writer.name).add(token);
      acknowledged += writer.acknowledged.length;
    }
    for (const witness of witnesses) {
      for (const token of tokensOf(witness.text)) {
        if (!this.must.get(witness.name).has(token)) seen += 1;
        this.must.get(witness.name).add(token);
      }
    }
    let kills = 1;
    while (kills < 3 && this.random() < 0.3) {
      await Server.start({ store: this.store, kill_after_ms: this.random() * 80 });
      await this.store.settled();
      kills += 1;
    }
    await this.start();
    const found = await this.check();
    assert.ok(acknowledged > 0 || number === 0, "nobody got an acknowledgement");
    return `round ${number}: ${acknowledged} acknowledged, ${seen} seen beyond that, ${found} there${kills > 1 ? `, killed ${kills} times` : ""}`;
  }

  async check() {
    let found = 0;
    for (const [name, must] of this.must) {
      const answer = await this.api.get(`/v1/documents/${name}/text?root=${kRoot}`);
      assert.ok(answer.status === 200 || (answer.status === 404 && must.size === 0), `${name}: ${answer.status} ${answer.text}`);
      if (answer.status === 404) continue;
      const tokens = tokensOf(answer.text);
      const there = new Set(tokens);
      assert.equal(there.size, tokens.length, `${name}: a token is there twice`);
      assert.equal(tokens.join(""), answer.text, `${name}: something is there that is no token`);
      for (const token of there) assert.ok(this.written.has(token), `${name}: nobody has written ${token}`);
      const lost = [...must].filter((token) => !there.has(token));
      assert.deepEqual(lost, [], `${name}: lost ${lost.length} of ${must.size}`);
      const doc = new Y.Doc();
      Y.applyUpdate(doc, (await this.api.get(`/v1/documents/${name}/state`)).body);
      assert.equal(doc.getText(kRoot).toString(), answer.text, `${name}: Yjs reads another text`);
      found += there.size;
    }
    const verified = this.server.cli("verify");
    assert.equal(verified.stdout, "ok\n", verified.stdout + verified.stderr);
    return found;
  }

  async finish() {
    const exit = await this.server.stop();
    assert.deepEqual(exit, { code: 0, signal: null });
    this.store.remove();
  }
}

console.log(`seed ${seed}, ${rounds} rounds on ${options.store}`);
const random = randomOf(seed);
let passed = 0, run = null;
try {
  for (let number = 0; number < rounds; ++number) {
    if (number % kRoundsOfAStore === 0) {
      await run?.finish();
      run = new Run(random);
      await run.start();
    }
    console.log(await run.round(number));
    passed += 1;
  }
  await run.finish();
} catch (error) {
  console.log(`FAILED in round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  if (run?.server) console.log(run.server.stderr.split("\n").slice(-20).join("\n"));
  await run?.server?.kill();
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
process.exit();
