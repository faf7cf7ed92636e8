// Kills the server at random moments while a campaign goes out through a carrier that refuses, asks for a pause, fails, hangs up after
// it has taken a message, or never answers; and holds what the carrier has in its own book against what the campaign says.
//
//   node test/crash/campaigns.mjs [--rounds 4] [--recipients 4000] [--longest 900] [--seed N] [--store sqlite|postgres] [--carriers 1]
//     longest: milliseconds between the first sign of life and a kill
//     carriers: 2: another account beside the flaky one, of the same weight, that always takes what it is given
//
// One campaign in one store goes through all rounds. Its audience: mostly numbers that were uploaded, and users, of whom some have opted
// out; some numbers are given twice. In between it is paused and resumed. Then the server works until the campaign has finished, and:
//   the audience is each number and user that was given, once, and sent + skipped + failed is the audience, by count and by list
//   who is sent stands in the carrier's book; who is skipped, or has failed for certain, does not
//   who stands there twice is said to have been repeated; and nobody stands there who was not asked for
//   whom one account has taken, or may have taken, no other one is asked for
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { eventually, kSlow, sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kNoNews_ms = 90_000;
const kUsersShare = 50;   // one in so many is a user
const kOptedOut = 10;     // of users one in so many
const kLinesOfACall = 100_000;
const kManyRecipients = 50_000;  // who never gets an answer is waited for 45 s: not in a short run

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "4" }, recipients: { type: "string", default: "4000" }, longest: { type: "string", default: "900" },
  seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" },
  carriers: { type: "string", default: "1" } } });
const rounds = Number(options.rounds);
const recipients = Number(options.recipients);
const longest_ms = Number(options.longest);
const seed = Number(options.seed);
const carriers = Number(options.carriers);
assert.ok(carriers === 1 || carriers === 2, "--carriers is 1 or 2");
assert.ok([rounds, recipients, longest_ms, seed].every(Number.isInteger) && rounds > 0 && recipients > 0, "--rounds, --recipients, --longest and --seed are whole numbers");

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kSilentUntil = recipients >= kManyRecipients ? 0.0161 : 0;
const phoneOf = (i) => `+49151${String(i).padStart(8, "0")}`;
const isUser = (i) => i % kUsersShare === 0;
const isOptedOut = (i) => isUser(i) && (i / kUsersShare) % kOptedOut === 0;
// What the carrier will never take: by the number, so the same at each attempt.
const isNobody = (i) => i % 100 === 77;
const isRefused = (i) => i % 200 === 55;

// The carrier: {"type": "twilio"}. Its book: how often it took a message for a number.
class Carrier {
  book = new Map();
  takenBy = new Map();  // the account
  astray = [];          // asked of another account though one has taken it
  byAccount = [0, 0];
  calls = 0;
  hung = [];
  lies = { unavailable: 0, throttled: 0, hung_up: 0, failed_after: 0, silent: 0 };

  constructor(random) {
    this.random = random;
    this.server = createServer({ keepAlive: true }, (request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk)).on("end", () => this.take(new URLSearchParams(body).get("To"), request, response));
    });
  }

  take(to, request, response) {
    this.calls += 1;
    const account = Number(request.url.match(/Accounts\/AC(\d)\//)[1]);
    this.byAccount[account - 1] += 1;
    if ((this.takenBy.get(to) ?? account) !== account) this.astray.push(`${to}: taken by AC${this.takenBy.get(to)}, asked of AC${account}`);
    const chance = account === 1 ? this.random() : 1;
    const number = Number(to.slice(6));
    const answer = (status, json, headers = {}) => response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(json));
    const counted = (kind) => (this.lies[kind] += 1);
    if (chance < 0.0001) return counted("throttled"), answer(429, { code: 20429 }, { "Retry-After": "1" });
    if (chance < 0.01) return counted("unavailable"), answer(503, { code: 0 });
    if (isNobody(number)) return answer(400, { code: 21211, message: "Not a valid number" });
    if (isRefused(number)) return answer(400, { code: 30007, message: "Filtered" });
    this.book.set(to, (this.book.get(to) ?? 0) + 1);
    this.takenBy.set(to, account);
    if (chance < 0.013) return counted("hung_up"), request.socket.destroy();
    if (chance < 0.016) return counted("failed_after"), answer(500, { code: 0 });
    if (chance < kSilentUntil) return counted("silent"), this.hung.push(response);
    return answer(201, { sid: `SM${this.calls}`, status: "queued" });
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${this.server.address().port}`;
  }
  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

class Run {
  kills = 0;

  constructor(random) {
    Object.assign(this, { random, store: new Store(options.store), carrier: new Carrier(random) });
  }

  async start() {
    this.server = await Server.start({ store: this.store });
    this.key ??= this.server.key;
    this.api = this.server.client(this.key);
  }

  async call(method, path, body, more = {}) {
    const answer = await this.api.call(method, `/v1/${path}`, { body, ...more });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async prepare() {
    await this.start();
    const host = await this.carrier.listen();
    for (let i = 1; i <= carriers; ++i) {
      await this.call("POST", "notification-providers", { channel: "sms", type: "twilio", name: `carrier ${i}`, host, account_sid: `AC${i}`, auth_token: "secret",
        from: "+4915100000001", max_running: 256 });
    }
    const users = [...Array(recipients).keys()].filter(isUser);
    for (let from = 0; from < users.length; from += 32) {
      await Promise.all(users.slice(from, from + 32).map((i) => this.call("PUT", `recipients/user-${i}`,
        { phone: phoneOf(i), ...(isOptedOut(i) && { preferences: { channels: { sms: false } } }) })));
    }
    const made = await this.call("POST", "notification-campaigns", { name: "kills", channel: "sms", category: "news", content: { text: "Hello" }, audience: { upload: true } });
    this.id = made.id;
    const lines = [...Array(recipients).keys()].map((i) => JSON.stringify(isUser(i) ? { user_id: `user-${i}` } : { phone: phoneOf(i) }));
    lines.push(...lines.slice(0, 100));
    for (let from = 0; from < lines.length; from += kLinesOfACall) {
      await this.call("PUT", `notification-campaigns/${this.id}/audience`, lines.slice(from, from + kLinesOfACall).join("\n"), { headers: { "Content-Type": "application/x-ndjson" } });
    }
    await this.call("POST", `notification-campaigns/${this.id}/start`);
  }

  campaign() {
    return this.call("GET", `notification-campaigns/${this.id}`);
  }

  async round(number) {
    if (number > 0) await this.start();
    const begun = this.carrier.calls;
    // Where leases have to run out first (PostgreSQL) nothing would be under way otherwise.
    await eventually("the campaign goes on", async () => this.carrier.calls > begun || (await this.campaign()).state === "finished", kNoNews_ms * kSlow, 5);
    const after_ms = this.random() * longest_ms;
    await sleep(after_ms);
    const paused = number % 10 === 9;
    if (paused) {
      const answer = await this.api.post(`/v1/notification-campaigns/${this.id}/pause`);
      assert.ok([202, 409].includes(answer.status), answer.text);
      if (answer.status === 202) await this.call("POST", `notification-campaigns/${this.id}/resume`);
    }
    const { state, counts } = await this.campaign();
    this.check_counts(counts);
    await this.server.kill();
    this.kills += state === "finished" ? 0 : 1;
    console.log(`round ${number}: killed after ${Math.round(after_ms)} ms${paused ? ", paused and resumed" : ""}: ${state}, ${JSON.stringify(counts)}; the carrier was asked ${this.carrier.calls} times`);
    await this.store.settled();
    return state !== "finished";
  }

  check_counts(counts) {
    assert.equal(counts.audience, counts.sent + counts.skipped + counts.failed + counts.waiting, JSON.stringify(counts));
  }

  async finish() {
    await this.start();
    await eventually("the campaign has finished", async () => (await this.campaign()).state === "finished", (recipients / 100 + 200) * 1000 * kSlow, 200);
    const found = await this.check();
    await this.server.stop();
    this.carrier.close();
    this.store.remove();
    return found;
  }

  // What the campaign says of each.
  async list() {
    const said = new Map();
    for (const state of ["sent", "skipped", "failed", "waiting"]) {
      let cursor = null;
      do {
        const page = await this.call("GET", `notification-campaigns/${this.id}/recipients?state=${state}&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
        for (const one of page.data) {
          const who = one.user_id ?? one.phone;
          assert.ok(!said.has(who), `${who} stands in the list twice`);
          said.set(who, { ...one, end: state });
        }
        cursor = page.next_cursor;
      } while (cursor);
    }
    return said;
  }

  async check() {
    const { counts } = await this.campaign();
    this.check_counts(counts);
    assert.equal(counts.waiting, 0);
    assert.equal(counts.audience, recipients);
    const said = await this.list();
    assert.equal(said.size, recipients, "the list is the audience");
    const seen = { sent: 0, skipped: 0, failed: 0, unknown: 0, repeated: 0 };
    const doubled = { people: 0, arrivals: 0 };
    for (let i = 0; i < recipients; ++i) {
      const who = isUser(i) ? `user-${i}` : phoneOf(i);
      const one = said.get(who);
      assert.ok(one, `${who} is in no list`);
      const took = this.carrier.book.get(phoneOf(i)) ?? 0;
      const text = `${JSON.stringify(one)} and the carrier took ${took}`;
      seen[one.end] += 1;
      if (one.state === "unknown") seen.unknown += 1;
      if (one.repeated) seen.repeated += 1;
      const expected = isOptedOut(i) ? "skipped" : isNobody(i) || isRefused(i) ? "failed" : "sent";
      assert.equal(one.end, expected, text);
      if (one.end === "sent") assert.ok(took >= 1, text);
      else assert.equal(took, 0, text);
      if (took > 1) {
        assert.ok(one.repeated, `arrived again, and nothing says so: ${text}`);
        doubled.people += 1;
        doubled.arrivals += took - 1;
      }
      this.carrier.book.delete(phoneOf(i));
    }
    assert.equal(this.carrier.book.size, 0, "the carrier was asked for somebody else");
    assert.deepEqual(this.carrier.astray, [], "asked of another account after one that may have taken it");
    if (carriers > 1) console.log(`the accounts were asked ${this.carrier.byAccount.join(" and ")} times, nobody of both after one had taken it`);
    for (const key of ["sent", "skipped", "failed", "unknown", "repeated"]) assert.equal(counts[key], seen[key], `${key}: ${JSON.stringify({ counts, seen })}`);
    return { ...seen, doubled };
  }
}

console.log(`seed ${seed}, a campaign of ${recipients} on ${options.store}, ${rounds} kills`);
const random = randomOf(seed);
let failed = 0;
const run = new Run(random);
try {
  await run.prepare();
  for (let number = 0; number < rounds && await run.round(number); ++number);
  if (run.kills < rounds) console.log(`it had finished after ${run.kills} kills`);
  assert.ok(run.kills > 0, "it had finished before the first kill: give it more recipients");
  const found = await run.finish();
  console.log(`the carrier's lies: ${JSON.stringify(run.carrier.lies)}`);
  console.log(`${run.kills} kills; ${recipients} recipients = ${found.sent} sent + ${found.skipped} skipped + ${found.failed} failed, by count, by list and by the carrier's book; ` +
    `${found.repeated} told as repeated, of whom the carrier took ${found.doubled.people} again (${found.doubled.arrivals} messages); nobody else twice`);
} catch (error) {
  failed = 1;
  console.log(`FAILED after ${run.kills} kills, seed ${seed} on ${options.store}: ${error.stack}`);
}
console.log(`${failed ? 0 : run.kills} passed, ${failed} failed, 0 skipped`);
process.exit(failed);
