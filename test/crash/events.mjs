// Kills producers and consumers of events at random moments, and holds the effects against what was committed.
//
//   node test/crash/events.mjs [--rounds 50] [--seed N] [--store sqlite|postgres]
//
// One process on SQLite, two on PostgreSQL that take the consumers' leases from each other; each is killed (SIGKILL) and started
// again, some while they start. A round ends with all of them dead; then `events_driver drain` consumes what is left and checks:
// of each consumer and key every event once, in the order of commits. See events_driver.cc for how it knows.
// On PostgreSQL every tenth round waits until the survivor of two has taken over by the lease alone.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kRoot, kSlow, sleep, track } from "../clients/support/process.mjs";
import { Store } from "../clients/support/server.mjs";

const kRoundsOfAStore = 10;
const kLongestLife_ms = 900;
const kTakeover_ms = 12_500;  // Consumers::kLease and kPoll, and some

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "10" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" } } });
const rounds = Number(options.rounds);
const seed = Number(options.seed);
assert.ok(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed), "--rounds and --seed are whole numbers");
const kDriver = process.env.ASHLAR_EVENTS_DRIVER ?? join(kRoot, process.env.ASHLAR_BUILD ?? "build/release", "events_driver");
const kProcesses = options.store === "postgres" ? 2 : 1;

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function toItsEnd(mode, store) {
  const result = spawnSync(kDriver, [mode, ...store.args], { encoding: "utf8", timeout: 120_000 * kSlow, killSignal: "SIGKILL" });
  if (result.error) throw result.error;
  assert.equal(result.status, 0, `${mode}: ${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

class Churn {
  constructor(store, instance, seed) {
    const args = ["churn", ...store.args, "--instance", instance, "--seed", String(seed)];
    this.child = track(spawn(kDriver, args, { stdio: ["ignore", "pipe", "pipe"] }));
    this.exit = once(this.child, "exit");
    this.stderr = "";
    this.child.stderr.on("data", (text) => { this.stderr += text; });
    this.churning = new Promise((done) => this.child.stdout.once("data", done));
  }
  async begun() {
    await Promise.race([this.churning, this.exit]);
    assert.equal(this.child.exitCode, null, `the driver ended by itself: ${this.stderr}`);
  }
  async kill() {
    this.child.kill("SIGKILL");
    const [code, signal] = await this.exit;
    assert.equal(signal, "SIGKILL", `the driver ended by itself with ${code}: ${this.stderr}`);
  }
}

// One place for a process: it lives and dies there some times. Its name stays, so that what it had is taken up at once.
async function lives(store, instance, random) {
  const count = 1 + Math.floor(random() * 3);
  for (let life = 0; life < count; ++life) {
    const churn = new Churn(store, instance, Math.floor(random() * 2 ** 31));
    if (random() < 0.2) {
      await sleep(random() * 60);  // perhaps while it opens the database
    } else {
      await churn.begun();
      await sleep(50 + random() * kLongestLife_ms);
    }
    await churn.kill();
  }
  return count;
}

// The survivor's name is new, so nothing but the lease's end lets it in.
async function takeover(store, random) {
  const first = new Churn(store, "first", 1);
  await first.begun();
  const survivor = new Churn(store, `survivor-${Math.floor(random() * 2 ** 31)}`, 2);
  await survivor.begun();
  await sleep(300);
  await first.kill();
  await sleep(kTakeover_ms * kSlow);
  const owners = store.database.query("SELECT DISTINCT left(owner, 8) FROM event_consumers WHERE lease_until > extract(epoch FROM now()) * 1000000");
  assert.equal(owners, "survivor", "the survivor has not taken over");
  await survivor.kill();
  return 2;
}

console.log(`seed ${seed}, ${rounds} rounds on ${options.store}`);
const random = randomOf(seed);
let passed = 0, store = null, kills = 0, events = 0, before = 0;
try {
  for (let number = 0; number < rounds; ++number) {
    if (number % kRoundsOfAStore === 0) {
      store?.remove();
      store = new Store(options.store);
      toItsEnd("setup", store);
      before = 0;
    }
    let died;
    if (options.store === "postgres" && number % 10 === 9) {
      died = await takeover(store, random);
    } else {
      const places = Array.from({ length: kProcesses }, (_, place) => lives(store, `place-${place}`, randomOf(Math.floor(random() * 2 ** 32))));
      died = (await Promise.all(places)).reduce((sum, count) => sum + count, 0);
    }
    await store.settled();
    const said = toItsEnd("drain", store);
    assert.match(said, /^ok \d+$/);
    const total = Number(said.slice(3));
    console.log(`round ${number}: ${died} kills, ${total - before} effects, each once and in order`);
    kills += died, events += total - before, before = total;
    passed += 1;
  }
  store.remove();
  console.log(`${kills} kills, ${events} effects: none lost, none twice, all in the order of their keys`);
} catch (error) {
  console.log(`FAILED in round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
