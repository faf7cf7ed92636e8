// Kills processes that enqueue and work jobs, and holds what is found against what was acknowledged.
//
//   node test/crash/jobs.mjs [--rounds 10] [--seed N] [--store sqlite|postgres]
//
// SQLite: one process with four workers; PostgreSQL: two processes with four each, of which one or both are killed. A store goes
// through five rounds: SIGKILL at a moment that the seed gives, then a new start on what is left. At the end a last process works
// until nothing lives, and then:
//   every job whose enqueue was acknowledged is done, once; none is there that nobody enqueued
//   an effect in the database (with the end in one transaction) is there exactly once for each job
//   an effect outside of it is there at least once; more often only where the lease of each earlier attempt ran out, and never
//     twice under one lease. Each such double is counted and said.
//   no attempt failed for any other reason than that its lease ran out
// `jobs_worker` (jobs_worker.cc) is built by the target `tools`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { kBinary, kSlow, sleep, track } from "../clients/support/process.mjs";
import { Store } from "../clients/support/server.mjs";

const kRoundsOfAStore = 5;
const kLongestRound_ms = 1500;
const kDrain_ms = 120_000;

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "10" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" } } });
const rounds = Number(options.rounds);
const seed = Number(options.seed);
assert.ok(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed), "--rounds and --seed are whole numbers");
const program = process.env.ASHLAR_JOBS_WORKER ?? join(dirname(kBinary), "jobs_worker");
assert.ok(existsSync(program), `${program} is not there: build the target tools`);
const processes = options.store === "postgres" ? 2 : 1;

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Worker {
  constructor(run, name) {
    Object.assign(this, { run, text: "", stderr: "" });
    this.child = track(spawn(program, [...run.args, "--name", name, "--effects", run.effects, "--mode", "run"]));
    this.child.stdout.setEncoding("utf8").on("data", (text) => (this.text += text));
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    this.gone = new Promise((done) => this.child.once("close", (code, signal) => done({ code, signal })));
  }
  // What it was heard to have enqueued before it died.
  async kill() {
    this.child.kill("SIGKILL");
    const { signal } = await this.gone;
    assert.equal(signal, "SIGKILL", `it ended by itself: ${this.stderr}`);
    for (const token of this.text.split("\n").slice(0, -1)) this.run.acknowledged.add(token);
  }
}

class Run {
  acknowledged = new Set();
  workers = [];
  started = 0;

  constructor(random) {
    this.random = random;
    this.store = new Store(options.store);
    this.args = this.store.database ? ["--store", this.store.database.url] : ["--data", this.store.data];
    this.effects = join(this.store.folder, "effects");
    this.call("prepare");
  }

  call(mode) {
    const result = spawnSync(program, [...this.args, "--name", mode, "--effects", this.effects, "--mode", mode],
      { encoding: "utf8", timeout: kDrain_ms * kSlow, maxBuffer: 1 << 30 });
    assert.equal(result.status, 0, `${mode}: ${result.stderr} ${result.error ?? result.signal ?? ""}`);
    return result.stdout;
  }

  async round(number) {
    while (this.workers.length < processes) this.workers.push(new Worker(this, `w${this.started++}`));
    const after_ms = 200 + this.random() * kLongestRound_ms;
    await sleep(after_ms);
    const before = this.acknowledged.size;
    const killed = this.random() < 0.5 ? this.workers : [this.workers[Math.floor(this.random() * this.workers.length)]];
    await Promise.all(killed.map((worker) => worker.kill()));
    this.workers = this.workers.filter((worker) => !killed.includes(worker));
    console.log(`round ${number}: ${killed.length} of ${processes} killed after ${Math.round(after_ms)} ms: ${this.acknowledged.size - before} jobs acknowledged by them`);
  }

  async finish() {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.store.settled();
    this.call("drain");
    const found = this.check(this.call("show"));
    this.store.remove();
    return found;
  }

  check(shown) {
    const jobs = new Map(), tokens = new Set(), ranOut = new Set(), effects = new Map();
    for (const line of shown.split("\n")) {
      const [what, ...rest] = line.split(" ");
      if (what === "job") {
        const [id, kind, state, attempt, token] = rest;
        assert.equal(state, "0", `job ${id} (${token}) is not done`);
        assert.ok(!tokens.has(token), `${token} stands in two jobs`);
        assert.match(token, /^w\d+-\d+$/, "nobody enqueued it");
        tokens.add(token);
        jobs.set(id, { kind, attempt: Number(attempt), lines: [] });
      } else if (what === "ran_out") ranOut.add(`${rest[0]} ${rest[1]}`);
      else if (what === "failed") assert.fail(`an attempt failed: ${line}`);
      else if (what === "effect") effects.set(rest[0], Number(rest[1]));
      else if (what === "live") assert.equal(rest[0], "0", "jobs are left");
    }
    for (const token of this.acknowledged) assert.ok(tokens.has(token), `the acknowledged job ${token} is lost`);
    for (const line of readFileSync(this.effects, "utf8").split("\n").slice(0, -1)) {
      const [id, attempt] = line.split(" ");
      // A job that was worked before its enqueuer heard of it is there all the same: work follows the commit.
      assert.ok(jobs.has(id), `an effect of job ${id}, which is not there`);
      jobs.get(id).lines.push(Number(attempt));
    }
    let doubles = 0;
    for (const [id, job] of jobs) {
      for (let attempt = 1; attempt < job.attempt; ++attempt) {
        // Given back by a stop is none: nobody stops here but the last process, after the last job.
        assert.ok(ranOut.has(`${id} ${attempt}`), `attempt ${attempt} of job ${id} was followed by another, and its lease had not run out`);
      }
      if (job.kind === "crash.once") {
        assert.equal(effects.get(id), 1, `job ${id} has ${effects.get(id)} effects in the database`);
        continue;
      }
      assert.ok(job.lines.length > 0, `job ${id} is done and has no effect`);
      assert.equal(new Set(job.lines).size, job.lines.length, `two effects of job ${id} under one lease`);
      doubles += job.lines.length - 1;
    }
    assert.equal([...effects.keys()].filter((id) => !jobs.has(id)).length, 0, "an effect of a job that is not there");
    return { jobs: jobs.size, acknowledged: this.acknowledged.size, ranOut: ranOut.size, doubles };
  }
}

console.log(`seed ${seed}, ${rounds} rounds of jobs on ${options.store}`);
const random = randomOf(seed);
let passed = 0, run = null;
const sum = { jobs: 0, acknowledged: 0, ranOut: 0, doubles: 0 };
try {
  for (let number = 0; number < rounds; ++number) {
    run ??= new Run(random);
    await run.round(number);
    if (number % kRoundsOfAStore === kRoundsOfAStore - 1 || number === rounds - 1) {
      const found = await run.finish();
      for (const key of Object.keys(sum)) sum[key] += found[key];
      run = null;
      passed = number + 1;
    }
  }
  console.log(`${sum.jobs} jobs (${sum.acknowledged} acknowledged): 0 lost; ${sum.ranOut} leases ran out, ${sum.doubles} effects outside the database were ` +
    "doubled, each after its lease ran out; none inside");
} catch (error) {
  console.log(`FAILED after round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
