// Kills the server at random moments while 20 writers and 4 witnesses have documents open, and holds what comes back against what was
// acknowledged and against what was seen.
//
//   node test/crash/documents.mjs [--rounds 200] [--seed N] [--store sqlite|postgres] [--instances 2]
//
// One store goes through ten rounds, then a fresh one takes its place. A round: half of the writers by HTTP, half by Hocuspocus'
// provider, five to a document, each writing tokens at the end; a witness in each document by y-websocket; SIGKILL at a moment that the
// seed gives; all clients end at once, so that nobody sends again what he still has; perhaps another kill while the server recovers;
// then the start that has to be good, and the checks:
//   every token that was acknowledged is there, in this round and in all before it
//   every token that somebody else had seen is there: nobody is shown what could be lost
//   no token is there twice, none that nobody has written
//   the state is one that Yjs reads, with the same text; `ashlar verify` finds nothing
// With two instances (on PostgreSQL) half of the writers of each document are at either; one of the two dies, the other goes on for a
// moment, and has to have everything that either has acknowledged. Somebody who comes to it after the death writes within two seconds.
// The seed gives the plan, not the interleaving.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { HocuspocusWriter, HttpWriter, kRoot, tokensOf, Witness, Y } from "../clients/support/document_writers.mjs";
import { Api } from "../clients/support/http.mjs";
import { kSlow, sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kDocuments = 4;
const kWriters = 20;
const kRoundsOfAStore = 10;
const kShortestRound_ms = 400;
const kLongestRound_ms = 2000;
const kTakeOver_ms = 2000;
const kAfterwards_ms = 300;

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "10" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" },
  instances: { type: "string", default: "1" } } });
const rounds = Number(options.rounds);
const instances = Number(options.instances);
assert.ok(instances === 1 || (instances === 2 && options.store === "postgres"), "two instances need PostgreSQL");
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
    Object.assign(this, { random, store: new Store(options.store), must: new Map(), written: new Set(), servers: [] });
    for (let i = 0; i < kDocuments; ++i) this.must.set(nameOf(i), new Set());
  }

  async start() {
    const server = await Server.start({ store: this.store });
    this.key ??= server.key;  // told once
    server.key = this.key;
    this.servers.push(server);
  }
  get api() {
    return new Api(this.servers[0].origin, this.key);
  }

  // Somebody who comes after the death writes where the other one still is.
  async takeOver(writers) {
    const began = performance.now();
    const newcomer = new HttpWriter(this.servers[0], nameOf(0), `${writers[0].mark}.9`);
    writers.push(newcomer);
    const running = newcomer.run();
    while (newcomer.acknowledged.length === 0 && performance.now() - began < 10 * kTakeOver_ms) await sleep(5);
    const took_ms = performance.now() - began;
    assert.ok(newcomer.acknowledged.length > 0 && took_ms < kTakeOver_ms * kSlow, `the other instance took a write after ${Math.round(took_ms)} ms`);
    await sleep(kAfterwards_ms);
    return { running, took_ms };
  }

  async round(number) {
    const writers = [];
    for (let i = 0; i < kWriters; ++i) {
      const Kind = i % 8 < 4 ? HttpWriter : HocuspocusWriter;
      writers.push(new Kind(this.servers[Math.floor(i / kDocuments) % instances], nameOf(i), `${number}.${i}`));
    }
    const witnesses = Array.from({ length: kDocuments }, (_, i) => new Witness(this.servers[i % instances], nameOf(i)));
    let running = Promise.all(writers.map((writer) => writer.run?.()));
    await Promise.race([sleep(kShortestRound_ms + this.random() * (kLongestRound_ms - kShortestRound_ms)), running]);
    const [victim] = this.servers.splice(Math.floor(this.random() * instances), 1);
    await victim.kill();
    let tookOver = "";
    if (instances > 1) {
      const { running: newcomer, took_ms } = await this.takeOver(writers);
      running = Promise.all([running, newcomer]);
      tookOver = `, the other one wrote after ${Math.round(took_ms)} ms`;
    }
    for (const client of [...writers, ...witnesses]) client.end?.();
    await running;
    if (instances === 1) await this.store.settled();

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
    while (instances === 1 && kills < 3 && this.random() < 0.3) {
      await Server.start({ store: this.store, kill_after_ms: this.random() * 80 });
      await this.store.settled();
      kills += 1;
    }
    if (instances === 1) await this.start();
    const found = await this.check();
    if (instances > 1) await this.start();
    assert.ok(acknowledged > 0 || number === 0, "nobody got an acknowledgement");
    return `round ${number}: ${acknowledged} acknowledged, ${seen} seen beyond that, ${found} there${kills > 1 ? `, killed ${kills} times` : ""}${tookOver}`;
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
    const verified = this.servers[0].cli("verify");
    assert.equal(verified.stdout, "ok\n", verified.stdout + verified.stderr);
    return found;
  }

  async finish() {
    for (const server of this.servers) assert.deepEqual(await server.stop(), { code: 0, signal: null });
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
      for (let i = 0; i < instances; ++i) await run.start();
    }
    console.log(await run.round(number));
    passed += 1;
  }
  await run.finish();
} catch (error) {
  console.log(`FAILED in round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  for (const server of run?.servers ?? []) {
    console.log(server.stderr.split("\n").slice(-20).join("\n"));
    await server.kill();
  }
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
process.exit();
