// What docs/kafka.md promises, on a real broker ($ASHLAR_TEST_KAFKA, see test/with-kafka), with real processes that are killed,
// frozen and started again; judged from outside by kcat and, for the choice of partitions, by Kafka's own Java producer.
//
//   node test/kafka/scenarios.mjs --driver build/release/kafka_driver [--store sqlite|postgres] [--rounds N] [--seed N] [NAME…]
//
// --store postgres takes a new database of the server $ASHLAR_TEST_POSTGRES. Last line: `N passed, N failed, N skipped`.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, existsSync, openSync, closeSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: flags, positionals: only } = parseArgs({
  allowPositionals: true,
  options: {
    driver: { type: "string" },
    store: { type: "string", default: "sqlite" },
    rounds: { type: "string", default: "8" },
    seed: { type: "string", default: String(process.pid) },
  },
});
const brokers = process.env.ASHLAR_TEST_KAFKA;
const root = new URL("../..", import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), "ashlar-kafka-test."));
const kDrain_ms = 90_000;

let random_state = BigInt(flags.seed) | 1n;
function random(below) {
  random_state = (random_state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((random_state >> 33n) % BigInt(below));
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
async function until(what, holds, ms = kDrain_ms) {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(200);
  }
}
const lines = (text) => text.split("\n").filter((line) => line !== "");

let passed = 0, failed = 0, skipped = 0;
function check(holds, what) {
  holds ? passed++ : failed++;
  console.log(`  ${holds ? "ok" : "FAILED"}: ${what}`);
  return holds;
}

// --- Processes -------------------------------------------------------------------------------------------------------
const running = new Set();
class Driver {
  constructor(store, words) {
    this.name = words.join(" ");
    this.log = join(work, `${running.size}-${Date.now()}-${random(1e6)}.log`);
    const log = openSync(this.log, "w");
    this.child = spawn(flags.driver, [store, ...words], { stdio: ["pipe", "pipe", log] });
    closeSync(log);
    this.out = "";
    this.child.stdout.on("data", (data) => (this.out += data));
    this.ended = new Promise((done) => this.child.on("exit", (code, signal) => {
      running.delete(this);
      this.alive = false;
      done(code ?? signal);
    }));
    this.alive = true;
    running.add(this);
  }
  said(word) { return until(`${this.name}: "${word}"; its log: ${this.log_tail()}`, () => this.out.includes(word), 60_000); }
  say(line) { this.child.stdin.write(line + "\n"); }
  signal(name) { if (this.alive) this.child.kill(name); }
  async kill() { this.signal("SIGKILL"); await this.ended; }
  async stop() { this.signal("SIGTERM"); return this.ended; }
  log_tail() { return lines(readFileSync(this.log, "utf8")).slice(-5).join("\n"); }
}
const drive = (store, ...words) =>
  execFileSync(flags.driver, [store, ...words.map(String)], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });

// A database with a scope of its own in Kafka: its shard, its group, what its topics begin with.
let databases = 0;
class Store {
  constructor() {
    this.scope = `s${++databases}`;
    this.at = join(work, this.scope);
    if (flags.store === "postgres") {
      const url = process.env.ASHLAR_TEST_POSTGRES;
      const name = `kafka_${process.pid}_${databases}`;
      execFileSync("psql", ["-q", url, "-c", `CREATE DATABASE ${name}`], { stdio: "inherit" });
      this.at = url.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
    }
    this.run("init");
  }
  run(...words) { return drive(this.at, ...words); }
  relay(instance) { return new Driver(this.at, ["relay", brokers, this.scope, instance]); }
  consumer(instance, assignment = "cooperative") { return new Driver(this.at, ["consume", brokers, this.scope, instance, assignment]); }
  appender(count, keys, seed) { return new Driver(this.at, ["append", String(count), String(keys), String(seed)]); }
  append(count, keys, seed) { this.run("append", count, keys, seed); }
  list(what) {
    return lines(this.run(what)).map((line) => {
      const [key, n, id] = line.split(" ");
      return { key, n: Number(n), id };
    });
  }
  in_kafka(isolation) {
    const there = topics_now();
    return [`${this.scope}.event.order`, `${this.scope}.event.bill`].filter((topic) => there.has(topic))
      .flatMap((topic) => read_topic(topic, isolation));
  }
  relayed() { return until("all events in Kafka", () => this.in_kafka().length >= this.list("events").length); }
  consumed() { return until("all effects", () => this.list("effects").length >= this.list("events").length); }
}

// --- From outside ----------------------------------------------------------------------------------------------------
function read_topic(topic, isolation = "read_committed") {
  const text = execFileSync("kcat", ["-b", brokers, "-C", "-e", "-q", "-o", "beginning", "-t", topic,
    "-X", `isolation.level=${isolation}`, "-f", "%p\\t%o\\t%k\\t%s\\t%h\\n"], { encoding: "utf8", maxBuffer: 1 << 28 });
  return lines(text).map((line) => {
    const [partition, offset, key, value, headers] = line.split("\t");
    const id = /(?:^|,)ce_id=([^,]*)/.exec(headers ?? "")?.[1];
    return { topic, partition: Number(partition), offset: Number(offset), key, value, id };
  });
}
const topics_now = () => {
  const list = JSON.parse(execFileSync("kcat", ["-b", brokers, "-L", "-J"], { encoding: "utf8" }));
  return new Set(list.topics.map((one) => one.topic));
};

const doubles = (ids) => ids.length - new Set(ids).size;
function in_order(rows) {  // of each key the numbers 1, 2, 3 …
  const last = new Map();
  for (const { key, n } of rows) {
    if (n !== (last.get(key) ?? 0) + 1) return `${key}: ${n} after ${last.get(key) ?? 0}`;
    last.set(key, n);
  }
  return "";
}
function check_kafka(store) {
  const events = store.list("events");
  const records = store.in_kafka();
  check(doubles(records.map((r) => r.id)) === 0, `no event is in Kafka twice (${records.length} records)`);
  const there = new Set(records.map((r) => r.id));
  const missing = events.filter((e) => !there.has(e.id)).length;
  check(missing === 0 && records.length === events.length, `none is missing (${events.length} in the log, ${missing} not in Kafka)`);
  const places = new Map();
  for (const r of records) places.set(r.key, (places.get(r.key) ?? new Set()).add(`${r.topic}/${r.partition}`));
  check([...places.values()].every((set) => set.size === 1), "each key is in one partition");
  const wrong = in_order(records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
    .map((r) => ({ key: r.topic + r.key, n: Number(r.value) })));
  check(wrong === "", `order of each key in Kafka ${wrong}`);
  const hidden = store.in_kafka("read_uncommitted").length - records.length;
  console.log(`  note: ${hidden} records of aborted transactions, which only read_uncommitted sees`);
  return events;
}
function check_effects(store) {
  const events = store.list("events"), effects = store.list("effects");
  check(doubles(effects.map((e) => e.id)) === 0, `no effect twice (${effects.length} effects)`);
  check(effects.length === events.length, `no effect is missing (${events.length} events)`);
  const wrong = in_order(effects);
  check(wrong === "", `order of each key in the effects ${wrong}`);
}

// --- Scenarios -------------------------------------------------------------------------------------------------------
const scenarios = {
  async "a fenced producer commits nothing"() {
    const first = new Driver("-", ["half", brokers, "fence", "shard-x", "of the first"]);
    await first.said("open");
    await sleep(1_000);
    const second = new Driver("-", ["half", brokers, "fence", "shard-x", "of the second"]);
    await second.said("open");
    first.say("commit");
    await first.ended;
    check(first.out.includes("broken fenced=1"), `the first learns that it is fenced (${first.out.trim().split("\n").at(-1)})`);
    second.say("commit");
    await second.ended;
    check(second.out.includes("done"), "the second commits");
    const committed = read_topic("fence").map((r) => r.value), all = read_topic("fence", "read_uncommitted").map((r) => r.value);
    check(committed.join() === "of the second", `read_committed sees: ${committed}`);
    check(all.length === 2, `read_uncommitted sees both, so the first had been there: ${all}`);
  },

  async "partitions are those of Kafka's Java producer"() {
    const store = new Store();
    store.append(150, 40, 3);
    const relay = store.relay("r1");
    await store.relayed();
    await relay.stop();
    const ours = new Map(store.in_kafka().map((r) => [`${r.key}`, r.partition]));
    const input = [...ours.keys()].map((key) => `${key}|x\n`).join("");
    execFileSync("java", ["-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", join(root, "build/kafka/lib/*"), "kafka.tools.ConsoleProducer",
      "--bootstrap-server", brokers, "--topic", "of.java", "--property", "parse.key=true", "--property", "key.separator=|"],
      { input, stdio: ["pipe", "ignore", "ignore"] });
    const java = read_topic("of.java");
    const other = java.filter((r) => ours.get(r.key) !== r.partition).length;
    check(java.length === ours.size && other === 0, `${java.length} keys, ${other} of them elsewhere`);
    check(new Set(ours.values()).size === 3, "all three partitions are used");
    check_kafka(store);
  },

  // The position is behind an open transaction of someone else: a relay that did not wait would read an older one.
  async "a relay waits for the end of its position topic"() {
    const store = new Store();
    store.append(50, 5, 1);
    let relay = store.relay("r1");
    await store.relayed();
    const other = new Driver("-", ["half", brokers, "ashlar.relay.positions", "someone-else", "{}"]);
    await other.said("open");
    await sleep(1_000);
    store.append(60, 5, 2);
    await store.relayed();
    await relay.kill();
    store.append(70, 5, 3);
    relay = store.relay("r1");
    await sleep(4_000);
    check(store.in_kafka().length === 110, "it sends nothing while it cannot know its position");
    other.say("abort");
    await other.ended;
    await store.relayed();
    check_kafka(store);
    await relay.stop();
  },

  // One with the relay's own id and a transaction open; another frozen past its lease, at work, and thawed again.
  async "zombies of the relay write nothing"() {
    const store = new Store();
    store.append(1500, 10, 5);
    const zombie = new Driver("-", ["half", brokers, `${store.scope}.event.order`, `ashlar.relay.${store.scope}`, "of a zombie"]);
    await zombie.said("open");
    const frozen = store.relay("r1");
    await frozen.said("ready");
    const next = store.relay("r2");
    await sleep(500 + random(500));
    frozen.signal("SIGSTOP");
    zombie.say("commit");
    store.append(300, 10, 6);
    await store.relayed();
    await zombie.ended;
    check(zombie.out.includes("broken fenced=1"), `the zombie learns that it is fenced (${zombie.out.trim().split("\n").at(-1)})`);
    store.append(200, 10, 7);
    frozen.signal("SIGCONT");
    store.append(200, 10, 8);
    await store.relayed();
    await sleep(1_500);
    check_kafka(store);
    await frozen.stop();
    await next.stop();
  },

  async "rebalances, a frozen consumer among them"() {
    for (const assignment of ["cooperative", "eager"]) {
      const store = new Store();
      store.append(800, 20, 8);
      const relay = store.relay("r1");
      const first = store.consumer("c1", assignment);
      const appender = store.appender(1500, 20, 9);
      await until("the first consumes", () => store.list("effects").length > 0);
      const second = store.consumer("c2", assignment);
      await sleep(2_500);
      first.signal("SIGSTOP");  // beyond its session: its partitions go to the second
      await appender.ended;
      await store.consumed();
      first.signal("SIGCONT");
      store.append(300, 20, 10);
      await sleep(1_000);
      await second.stop();
      await store.consumed();
      console.log(`  ${assignment}: ${lines(store.run("positions")).map((l) => `epoch ${l.split(" ")[3]}`).join(", ")}`);
      check_effects(store);
      await first.stop();
      await relay.stop();
      }
  },

  async "a topic that has deleted what was not consumed"() {
    const store = new Store();
    const relay = store.relay("r1");
    store.append(120, 6, 11);
    let consumer = store.consumer("c1");
    await store.consumed();
    await consumer.stop();
    store.append(120, 6, 12);
    await store.relayed();
    const records = store.in_kafka();
    const done = new Set(store.list("effects").map((e) => e.id));
    const gone = records.filter((r) => !done.has(r.id) && r.topic.endsWith("order") && r.partition === 0).slice(0, 5);
    drive("-", "forget", brokers, gone[0].topic, 0, gone.at(-1).offset + 1);
    const left = store.in_kafka().length;  // those consumed before are gone too
    consumer = store.consumer("c1");
    await until("the rest", () => store.list("effects").length >= records.length - gone.length);
    await sleep(500);
    const effects = store.list("effects").map((e) => e.id);
    check(doubles(effects) === 0 && effects.length === records.length - gone.length, `${gone.length} records are gone, the other ${effects.length} have their effect once`);
    const said = lines(readFileSync(consumer.log, "utf8")).map((l) => JSON.parse(l)).find((l) => l.message.includes("deleted records"));
    check(said?.records >= gone.length, `the log counts them (${said?.records} offsets, markers of transactions among them)`);
    await consumer.stop();
    store.run("jump", 100_000);
    consumer = store.consumer("c1");
    await until("the log says so", () => readFileSync(consumer.log, "utf8").includes("ends before our position"), 30_000);
    store.append(20, 6, 13);
    await until("they are in Kafka", () => store.in_kafka().length === left + 20);
    await sleep(1_000);
    check(store.list("effects").length === effects.length, "beyond a topic's end it stands still, and says so");
    await consumer.stop();
    await relay.stop();
  },

  async "killed at random"() {
    const store = new Store();
    const kinds = ["relay", "relay", "consumer", "consumer"];
    const begin = (i) => store[kinds[i]](`${kinds[i]}${i}`);
    const processes = kinds.map((_, i) => begin(i));
    await Promise.all(processes.map((one) => one.said("ready")));
    let appending = true, batch = 0;
    const appender = (async () => {
      while (appending) {
        const one = store.appender(200, 25, ++batch);
        await one.ended;
        await sleep(random(300));
      }
    })();
    const kills = { relay: 0, consumer: 0 };
    for (let round = 0; round < Number(flags.rounds); round++) {
      await sleep(300 + random(3_500));
      const many = random(5) === 0 ? kinds.length : 1;  // at times all of them
      const first = random(kinds.length);
      for (let i = 0; i < many; i++) {
        const which = (first + i) % kinds.length;
        await processes[which].kill();
        kills[kinds[which]]++;
        if (random(3) === 0) await sleep(random(1_500));
        processes[which] = begin(which);
      }
    }
    appending = false;
    await appender;
    await store.relayed();
    await store.consumed();
    console.log(`  note: ${kills.relay} relays and ${kills.consumer} consumers killed in ${flags.rounds} rounds`);
    check_kafka(store);
    check_effects(store);
    await Promise.all(processes.map((one) => one.stop()));
  },
};

async function main() {
  if (!brokers || !flags.driver || !existsSync(flags.driver)) throw new Error("needs $ASHLAR_TEST_KAFKA and --driver PROGRAM");
  console.log(`store ${flags.store}, seed ${flags.seed}, ${flags.rounds} rounds`);
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
    const begin = Date.now();
    console.log(`${name}`);
    try {
      await scenario();
    } catch (error) {
      check(false, `${error.message}`);
      for (const one of running) console.log(`  ${one.name}:\n${one.log_tail()}`);
    }
    await Promise.all([...running].map((one) => (one.signal("SIGCONT"), one.kill())));
    console.log(`  ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  }
}

try {
  await main();
} catch (error) {
  check(false, error.message);
} finally {
  for (const one of running) one.signal("SIGKILL");
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
