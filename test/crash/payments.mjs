// Kills the server where it hurts while money moves, and holds what is found against what was answered and what the bank did.
//
//   node test/crash/payments.mjs [--store sqlite|postgres] [--cases 40] [--rounds 4] [--seed N]
//
// The matrix (--cases, 0: all): every place at which a request can be cut off (base/failpoint.h, SIGKILL of oneself) x every operation x what follows
//   retry       the same request again, under the same key
//   other       the same, to another instance that lives on (PostgreSQL), or to the next process on the same store
//   fifty       fifty of it at once
//   changed     another body under the same key, then the same request
//   later       nothing: nobody asks again (the notices of the provider come first)
//   expired     the key has outlived its time when the same request comes again
// Random kills (--rounds): sixteen clients pay, capture, refund and cancel; SIGKILL at a moment that the seed gives; the sandbox errs by a seed. A store
// goes through five rounds.
//
// After each store: the bank has moved for each payment what its books say, once; a repeat of each answered request has the same bytes; nothing is in
// flight, what is held is what can be captured, the trial balance is zero; every event is there once; `ashlar verify` finds nothing.
// The last line counts, as every stage's does.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Api } from "../clients/support/http.mjs";
import { eventually, kSlow } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kPoints = ["before_claim", "after_claim", "after_attempt", "after_send", "after_apply", "after_answer", "after_commit", "half_reply", "outbox_published", "resolver_race"];
const kOperations = ["confirm", "capture", "refund", "cancel"];
const kFollowUps = ["retry", "other", "fifty", "changed", "later", "expired"];
const kMoves = { capture: 0, refund: 1, refundFailure: 2 };  // MoveKind of the sandbox's book
const kScopes = ["payments:read", "payments:write", "ledger:read", "webhooks:write"];
const kCasesOfAStore = 24;
const kRoundsOfAStore = 5;
const kClients = 16;
const kLongestRound_ms = 1500;
const kRest_ms = 60_000 * kSlow;

const { values: options } = parseArgs({ options: {
  cases: { type: "string", default: "40" }, rounds: { type: "string", default: "4" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
  store: { type: "string", default: "sqlite" } } });
const seed = Number(options.seed);
assert.ok(Number.isInteger(seed) && ["sqlite", "postgres"].includes(options.store), "--seed is a whole number, --store sqlite or postgres");

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// What clients have been told: the truth that the books are held against.
class Record {
  payments = new Map();  // id -> {amount}
  answered = [];         // {path, body, key, status, bytes}
  unanswered = [];       // {path, body, key}: cut off
  keys = 0;

  newKey(name) {
    return `${name}-${seed}-${this.keys++}`;
  }
}

const kSettled = new Set([409, 429, 500, 502, 503, 504]);  // try again: in use, overload, not now
const isAnswer = (answer) => !kSettled.has(answer.status) || (answer.status === 409 && answer.json?.reason !== "idempotency_key_in_use" && answer.json?.reason !== "payment_in_progress");

async function post(api, { path, body, key }) {
  return api.post(path, body, { headers: { "Idempotency-Key": key } });
}
// Until there is an answer that is one.
async function insist(api, request) {
  let last;
  const until = performance.now() + kRest_ms;
  while (performance.now() < until) {
    last = await post(api, request);
    if (isAnswer(last)) return last;
    await sleep(100);
  }
  assert.fail(`${request.path} under ${request.key} had no answer in ${kRest_ms} ms: ${last.status} ${last.text}`);
}
function keep(record, request, answer) {
  record.answered.push({ ...request, status: answer.status, bytes: answer.text });
  if (request.path === "/v1/payments" && answer.json?.id) record.payments.set(answer.json.id, request.body);
}

// Who is told of events: each once by its id, however often it is sent.
class Listener {
  told = new Map();  // event, by what it is about -> its ids
  async listen() {
    this.server = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const event = JSON.parse(Buffer.concat(parts));
        const about = `${event.type} ${event.subject ?? event.data?.id ?? ""} ${event.time ?? event.timestamp ?? ""}`;
        if (!this.told.has(about)) this.told.set(about, new Set());
        this.told.get(about).add(request.headers["webhook-id"]);
        response.writeHead(204).end();
      });
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${this.server.address().port}/`;
  }
  close() {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

class Bench {  // one store, its servers, and what clients know
  constructor(kind) {
    this.store = new Store(kind);
    this.record = new Record();
    this.listener = new Listener();
    this.key = null;
  }
  async start(sets = {}) {
    const server = await Server.start({ store: this.store, sets: { "payments.call_deadline_ms": "1000", "payments.lease_ms": "1500", "webhooks.allow_private": "true", ...sets } });
    const first = this.key === null;
    this.key ??= server.newKey("demo", ...kScopes);
    server.api = new Api(server.origin, this.key, { maxSockets: 64 });
    if (first) {
      const made = await server.api.post("/v1/webhooks", { url: await this.listener.listen(), event_types: ["payment.*", "refund.*"] });
      assert.equal(made.status, 201, made.text);
    }
    return server;
  }

  // When everything has come to rest: see the head.
  async audit(server) {
    const { api } = server;
    // What the bank does late (a refund that comes back) is told within moments; until then the two may differ.
    await eventually("the books say what the bank's says", async () => {
      this.difference = await this.differs(server);
      return this.difference === "";
    }, kRest_ms, 500).catch((error) => assert.fail(`${error.message}: ${this.difference}`));
    for (const request of this.record.answered) {
      const again = await post(api, request);
      assert.equal(again.text, request.bytes, `${request.path} under ${request.key}: another answer`);
      assert.equal(again.status, request.status);
    }
    this.events(server);
    const verified = server.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  }
  // How the payments' book differs from the bank's; "": it does not, and nothing is under way.
  async differs(server) {
    const payments = new Map();
    for (let cursor = ""; ;) {
      const page = await server.api.get(`/v1/payments?limit=100${cursor}`);
      assert.equal(page.status, 200, page.text);
      for (const payment of page.json.payments ?? page.json.data ?? page.json.items) payments.set(payment.id, payment);
      if (!page.json.next_cursor) break;
      cursor = `&cursor=${encodeURIComponent(page.json.next_cursor)}`;
    }
    for (const id of this.record.payments.keys()) assert.ok(payments.has(id), `${id} was acknowledged and is not there`);
    const bank = this.bank(server);
    let held = 0;
    for (const [id, payment] of payments) {
      const moved = bank.get(id) ?? { capture: 0, refund: 0 };
      bank.delete(id);
      held += payment.amount_capturable;
      if (payment.state === "processing" || payment.refunds?.some((refund) => ["open", "unknown"].includes(refund.state))) return `${id} is under way: ${JSON.stringify(payment)}`;
      if (payment.amount_captured !== moved.capture) return `${id}: captured ${payment.amount_captured}, the bank ${moved.capture}`;
      if (payment.amount_refunded !== moved.refund) return `${id}: refunded ${payment.amount_refunded}, the bank ${moved.refund}`;
      assert.ok(payment.amount_captured <= payment.amount, `${id}: more than was asked for`);
    }
    if (bank.size > 0) return `the bank moved money of ${[...bank.keys()].join(", ")}`;
    await this.trial(server.api, held);
    return "";
  }
  bank(server) {
    const exported = server.cli("tenant", "export", "demo");
    assert.equal(exported.code, 0, exported.stderr);
    this.rows = exported.stdout.trim().split("\n").map((line) => JSON.parse(line));
    const moved = new Map();
    for (const row of this.rows.filter((row) => row.table === "sandbox_moves")) {
      const id = (row.key ?? "").split(":")[0];
      if (!id.startsWith("pay_")) continue;
      if (!moved.has(id)) moved.set(id, { capture: 0, refund: 0 });
      if (Number(row.kind) === kMoves.capture) moved.get(id).capture += Number(row.gross);
      if ([kMoves.refund, kMoves.refundFailure].includes(Number(row.kind))) moved.get(id).refund -= Number(row.gross);
    }
    return moved;
  }
  events() {
    const ids = this.rows.filter((row) => row.table === "payment_events").map((row) => `${row.payment_id ?? row.subject}:${row.no}`);
    assert.equal(new Set(ids).size, ids.length, "an event is there twice");
    for (const [about, told] of this.listener.told) assert.equal(told.size, 1, `${about} was told as ${told.size} events`);
  }
  async trial(api, held) {
    const trial = await api.get("/v1/ledger/trial-balance");
    assert.equal(trial.status, 200, trial.text);
    for (const row of trial.json.currencies ?? trial.json.balances ?? trial.json.data) {
      assert.equal(String(row.debits_posted), String(row.credits_posted), "the trial balance is not zero");
      assert.equal(String(row.debits_pending), String(row.credits_pending), "what is held does not balance");
      assert.equal(Number(row.debits_pending), held, "what is held, beside what can be captured");
    }
  }
  expireKey(key) {  // that one alone: the others' answers are compared at the end
    assert.equal(this.store.kind, "postgres", "keys are made older by SQL on PostgreSQL alone");
    this.record.answered = this.record.answered.filter((request) => request.key !== key);  // who was answered before it died, too
    this.store.database.query(`UPDATE payment_claims SET expires_at = 1 WHERE key = '${key}'`);
  }
  close() {
    this.listener.close();
    this.store.remove();
  }
}

// --- The matrix --------------------------------------------------------------------------------------------------------------

// A payment that stands where `operation` can be asked, and that request.
async function prepare(bench, api, operation, n) {
  const amount = 1000 + n;
  const make = { path: "/v1/payments", key: bench.record.newKey("make"), body: { amount, currency: "EUR", payment_method: "pm_card_visa" } };
  if (operation === "capture" || operation === "cancel") Object.assign(make.body, { capture: "manual", confirm: true });
  if (operation === "refund") make.body.confirm = true;
  const made = await post(api, make);
  assert.ok([200, 201].includes(made.status), made.text);
  keep(bench.record, make, made);
  const path = `/v1/payments/${made.json.id}/${operation === "refund" ? "refunds" : operation}`;
  return { id: made.json.id, request: { path, key: bench.record.newKey(operation), body: operation === "refund" ? { amount: 400 } : operation === "capture" ? { amount: 600 } : {} } };
}

async function followUp(bench, server, { id, request }, what) {
  const { api } = server;
  if (what === "later") {
    await sleep(200);
  } else if (what === "fifty") {
    const answers = await Promise.all(Array.from({ length: 50 }, () => insist(api, request)));
    for (const answer of answers) assert.equal(answer.text, answers[0].text, "fifty at once had different answers");
  } else if (what === "changed") {
    const changed = await post(api, { ...request, body: { ...request.body, [request.path.endsWith("refunds") ? "reason" : request.path.endsWith("capture") ? "last" : "nothing"]: request.path.endsWith("capture") ? false : "changed" } });
    assert.ok([200, 201, 202, 400, 409, 422].includes(changed.status), changed.text);
    if (changed.status < 300) return;  // the first had left nothing: this is the one that counts
  } else if (what === "expired" && bench.store.kind === "postgres") {
    await insist(api, request);
    bench.expireKey(request.key);
    const again = await post(api, request);  // a new request now: the payment's own rules hold it
    assert.ok(again.status >= 200 && again.status < 500, again.text);
    return;
  }
  const answer = await insist(api, request);
  assert.ok([200, 201, 202].includes(answer.status), `${id}: ${answer.status} ${answer.text}`);
  keep(bench.record, request, answer);
}

// Starts a server that is to die there, and asks it. False: it lived, and was killed afterwards.
async function dies(bench, { point, operation }, request) {
  if (point === "resolver_race") {  // what a process that died left is asked about when the next one starts
    await dies(bench, { point: "after_send", operation }, request);
    const started = await bench.start({ "testing.failpoint": "payments.resolver_race:1" }).catch(() => null);
    if (started === null) return true;
    started.ending = true;
    return end(started);
  }
  const doomed = await bench.start({ "testing.failpoint": `payments.${point}:1` });
  doomed.ending = true;
  let early = null;
  const sent = post(doomed.api, request).then((answer) => (early = answer), () => {});
  const died = await end(doomed);
  await sent;
  if (early && isAnswer(early) && early.status < 300) keep(bench.record, request, early);
  return died;
}
async function end(server) {
  const died = await Promise.race([server.exited.then(() => true), sleep(4000 * kSlow).then(() => false)]);
  await server.kill();
  return died;
}

async function matrix(kind, wanted) {
  const all = kPoints.flatMap((point, p) => kOperations.flatMap((operation, o) => kFollowUps.map((what, f) => ({ point, operation, what, order: (f * 7 + p * 4 + o) % kFollowUps.length }))));
  // A part of them has every place and every operation in it, and the follow-ups in turn.
  const cases = wanted === 0 ? all : all.filter((one) => one.order === 0).concat(all.filter((one) => one.order !== 0)).slice(0, wanted);
  let reached = 0;
  const missed = new Map();
  for (let first = 0; first < cases.length; first += kCasesOfAStore) {
    const bench = new Bench(kind);
    const part = cases.slice(first, first + kCasesOfAStore);
    const preparing = await bench.start();
    const prepared = [];
    for (const [n, one] of part.entries()) prepared.push(await prepare(bench, preparing.api, one.operation, n));
    await preparing.stop();
    let other = null;
    for (const [n, one] of part.entries()) {
      if (one.what === "other" && kind === "postgres") other ??= await bench.start();
      if (await dies(bench, one, prepared[n].request)) reached += 1;
      // An instance that lives on may hand the event out first: then nobody dies of it.
      else if (!(other && one.point === "outbox_published")) missed.set(`${one.point} ${one.operation}`, (missed.get(`${one.point} ${one.operation}`) ?? 0) + 1);
      const lives = one.what === "other" && other ? other : await bench.start();
      try {
        await followUp(bench, lives, prepared[n], one.what);
      } catch (error) {
        error.message = `${one.point}, ${one.operation}, ${one.what}: ${error.message}`;
        throw error;
      }
      if (lives !== other) await lives.stop();
    }
    await other?.stop();
    const auditing = await bench.start();
    await bench.audit(auditing);
    await auditing.stop();
    bench.close();
    console.log(`${Math.min(first + kCasesOfAStore, cases.length)} of ${cases.length} cases`);
  }
  if (missed.size > 0) console.log(`not reached by that operation: ${[...missed.keys()].join(", ")}`);
  console.log(`${cases.length} cases, ${reached} died at their place`);
  assert.deepEqual([...missed.keys()].filter((name) => !name.startsWith("resolver_race")), [], "places that no process died at");
  return cases.length;
}

// --- Random kills ------------------------------------------------------------------------------------------------------------

class Client {
  constructor(bench, api, random) {
    Object.assign(this, { bench, api, random });
  }
  // Until the connection breaks: that is how the kill looks from here.
  async run() {
    for (;;) {
      const payment = await this.ask("/v1/payments", "make", {
        amount: 100 + Math.floor(this.random() * 100_000), currency: "EUR", payment_method: "pm_card_visa", capture: this.random() < 0.5 ? "manual" : "automatic", confirm: this.random() < 0.7 });
      if (!payment) return;
      const id = payment.id ?? payment.payment?.id;
      if (!id) continue;
      for (const step of ["confirm", "capture", "refunds", "refunds", "cancel"]) {
        if (this.random() < 0.3) continue;
        const body = step === "capture" && this.random() < 0.5 ? { amount: 50, last: this.random() < 0.5 } : step === "refunds" ? { amount: 1 + Math.floor(this.random() * 60) } : {};
        if (!(await this.ask(`/v1/payments/${id}/${step}`, step, body))) return;
      }
    }
  }
  // Its answer's JSON; null where the server is gone.
  async ask(path, name, body) {
    const request = { path, body, key: this.bench.record.newKey(name) };
    let answer;
    try {
      answer = await post(this.api, request);
    } catch {
      this.bench.record.unanswered.push(request);
      return null;
    }
    if (answer.status < 300 || answer.status === 402) keep(this.bench.record, request, answer);
    else if (answer.status >= 500) this.bench.record.unanswered.push(request);
    return answer.json ?? {};
  }
}

async function randomKills(kind, rounds) {
  const random = randomOf(seed);
  let kills = 0;
  let answers = 0;
  for (let first = 0; first < rounds; first += kRoundsOfAStore) {
    const bench = new Bench(kind);
    const hostile = random() < 0.7 ? { "payments.sandbox_seed": String(1 + Math.floor(random() * 1e9)) } : {};
    for (let round = 0; round < Math.min(kRoundsOfAStore, rounds - first); ++round) {
      const servers = [await bench.start(hostile)];
      if (kind === "postgres") servers.push(await bench.start(hostile));
      const clients = Array.from({ length: kClients }, (_, i) => new Client(bench, servers[i % servers.length].api, random).run());
      await sleep(50 + random() * kLongestRound_ms);
      const dying = servers.filter(() => servers.length === 1 || random() < 0.6);
      kills += dying.length;
      await Promise.all(dying.map((server) => server.kill()));
      await sleep(random() * 100);
      await Promise.all(servers.filter((server) => !dying.includes(server)).map((server) => { kills += 1; return server.kill(); }));
      await Promise.all(clients);
      await bench.store.settled();
    }
    const auditing = await bench.start();
    for (const request of bench.record.unanswered) {
      const answer = await insist(auditing.api, request);
      if (answer.status < 300 || answer.status === 402) keep(bench.record, request, answer);
    }
    await bench.audit(auditing);
    answers += bench.record.answered.length;
    await auditing.stop();
    bench.close();
    console.log(`${Math.min(first + kRoundsOfAStore, rounds)} rounds, ${kills} kills, ${answers} answers held against the books`);
  }
  return rounds;
}

let passed = 0;
let failed = 0;
console.log(`seed ${seed}, ${options.store}`);
for (const run of [() => (options.cases === "none" ? 0 : matrix(options.store, Number(options.cases))), () => randomKills(options.store, Number(options.rounds))]) {
  try {
    passed += await run();
  } catch (error) {
    failed += 1;
    console.log(`seed ${seed}: ${error.stack ?? error}`);
  }
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
