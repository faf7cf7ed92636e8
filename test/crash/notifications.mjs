// Kills the server at random moments while notifications are accepted and sent to a provider that sometimes refuses, fails after it
// has taken a message, or hangs up; and holds what arrived against what was acknowledged.
//
//   node test/crash/notifications.mjs [--rounds 10] [--seed N] [--store sqlite|postgres] [--accounts 1]
//
// One store goes through five rounds, then a fresh one takes its place. 24 clients write, each to a user of its own, one after the
// other. At the end the server works until nothing is on its way any more, and then:
//   every notification that was acknowledged has arrived, and its state is sent
//   one that arrived twice says so in its story: an attempt whose answer was lost, or whose end is not known. Each is counted.
//   what goes to one user arrives in the order in which it was acknowledged, but for those that the provider refused three times
//   the provider sees one id for one message, at every attempt
//   with several accounts of one weight: no message is given to another account but after certain failures alone. What an account
//   has taken, or may have taken, is asked of no other one ever after.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { eventually, kSlow, sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kClients = 24;
const kMostOfRound = 60;  // of each: a user's go one after another, and each that fails holds up those behind it for seconds
const kRoundsOfAStore = 5;
const kLongestRound_ms = 1500;
const kDrain_ms = 120_000;
const kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "10" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" },
  accounts: { type: "string", default: "1" } } });
const rounds = Number(options.rounds);
const seed = Number(options.seed);
const accounts = Number(options.accounts);
assert.ok(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed), "--rounds and --seed are whole numbers");
assert.ok(Number.isInteger(accounts) && accounts > 0, "--accounts is a whole number");
// One refused goes to another account at once and holds up nobody: so there can be more of them.
const kRefused = accounts > 1 ? 0.03 : 0.003;

// mulberry32: small, seeded, good enough to choose.
function randomOf(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// The provider: {"type": "http"}. What it took, in order; each refused, failed or hung up at most once. Seldom: each such message
// holds up those behind it for some seconds.
class Receiver {
  calls = [];      // {id, token, account, taken, at}: all that came
  arrivals = [];   // of these, those that were taken, whatever was answered
  upset = new Set();

  constructor(random) {
    this.server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk)).on("end", () => this.take(random(), request.headers["webhook-id"], JSON.parse(body), request, response));
    });
  }
  take(chance, id, { content: { text: token } }, request, response) {
    const first = !this.upset.has(token);
    const account = Number(request.url.split("/").at(-1));
    if (chance < kRefused + 0.006) this.upset.add(token);
    const refused = first && chance < kRefused;
    const call = { id, token, account, taken: !refused, at: Date.now() };
    this.calls.push(call);
    if (refused) return response.writeHead(502, accounts > 1 ? { "Retry-After": "0" } : {}).end();  // the account goes on with others
    this.arrivals.push(call);
    if (first && chance < kRefused + 0.003) return request.socket.destroy();       // taken, and nobody hears of it
    if (first && chance < kRefused + 0.006) return response.writeHead(500).end();  // taken, as may be
    return response.writeHead(200).end();
  }
  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${this.server.address().port}/take`;
  }
  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

class Run {
  acknowledged = new Map();  // token -> notification's id
  order = Array.from({ length: kClients }, () => []);
  asked = 0;

  constructor(random) {
    Object.assign(this, { random, store: new Store(options.store), receiver: new Receiver(random) });
  }

  async start() {
    const first = !this.key;
    this.server = await Server.start({ store: this.store });
    this.key ??= this.server.key;
    this.api = this.server.client(this.key);
    if (!first) return;
    const url = await this.receiver.listen();
    for (let i = 0; i < accounts; ++i) {
      const provider = await this.api.post("/v1/notification-providers", { channel: "http", type: "http", name: `receiver-${i}`, url: `${url}/${i}`, secret: kSecret });
      assert.equal(provider.status, 201, provider.text);
    }
    for (let i = 0; i < kClients; ++i) await this.api.call("PUT", `/v1/recipients/user-${i}`, { body: { email: `user-${i}@example.com` } });
  }

  async write(client) {
    const most = this.order[client].length + kMostOfRound;
    while (this.writing && this.order[client].length < most) {
      const token = `${client}-${this.asked++}`;
      const answer = await this.api.post("/v1/notifications", { to: { user_id: `user-${client}` }, channels: ["http"], content: { text: token } }).catch(() => null);
      if (answer === null) return;
      assert.equal(answer.status, 202, answer.text);
      this.acknowledged.set(token, answer.json.id);
      this.order[client].push(token);
    }
  }

  async round(number) {
    await this.start();
    this.writing = true;
    const writers = Array.from({ length: kClients }, (_, client) => this.write(client));
    const after_ms = 200 + this.random() * kLongestRound_ms;
    await sleep(after_ms);
    await this.server.kill();
    this.writing = false;
    await Promise.all(writers);
    console.log(`round ${number}: killed after ${Math.round(after_ms)} ms: ${this.acknowledged.size} acknowledged, ${this.receiver.arrivals.length} arrived so far`);
  }

  async story(token) {
    const answer = await this.api.get(`/v1/notifications/${this.acknowledged.get(token)}`);
    assert.equal(answer.status, 200, `the acknowledged ${token} is lost: ${answer.text}`);
    return answer.json;
  }

  async finish() {
    await this.store.settled();
    await this.start();
    await eventually("nothing is on its way any more", async () => (await this.api.get("/v1/notifications?state=accepted&limit=1")).json.data.length === 0, kDrain_ms * kSlow, 500);
    const found = await this.check();
    await this.server.stop();
    this.receiver.close();
    this.store.remove();
    return found;
  }

  // Another account only after certain failures: once a message was taken, whoever heard of it, nobody else is asked.
  async checkAccounts() {
    const taken = new Map();
    let elsewhere = 0;
    const asked = new Map();
    for (const { token, account, taken: wasTaken } of this.receiver.calls) {
      const told = () => JSON.stringify(this.receiver.calls.filter((call) => call.token === token));
      const known = taken.get(token);
      if (known !== undefined && known !== account) {
        assert.fail(`${token} was taken by account ${known}, then asked of account ${account}: ${told()} ${JSON.stringify(await this.story(token).catch((e) => e.message))}`);
      }
      if (asked.has(token) && asked.get(token) !== account) ++elsewhere;
      asked.set(token, account);
      if (wasTaken) taken.set(token, account);
    }
    if (accounts > 1) console.log(`${elsewhere} of ${asked.size} were given to another account, each after a refusal`);
  }

  async check() {
    await this.checkAccounts();
    const arrivals = new Map();
    for (const { id, token } of this.receiver.arrivals) {
      const known = arrivals.get(token) ?? { ids: new Set(), count: 0, place: arrivals.size };
      known.ids.add(id);
      known.count += 1;
      arrivals.set(token, known);
    }
    let doubles = 0;
    for (const token of this.acknowledged.keys()) {
      const arrived = arrivals.get(token);
      assert.ok(arrived, `the acknowledged ${token} never arrived: ${JSON.stringify(await this.story(token))}`);
      assert.equal(arrived.ids.size, 1, `${token} came under several ids`);
      if (arrived.count === 1) continue;
      const story = await this.story(token);
      const said = story.timeline.some(({ event, detail }) => event === "attempt.ambiguous" || /arrived twice/.test(detail ?? ""));
      assert.ok(said, `${token} arrived ${arrived.count} times, and its story does not say so: ${JSON.stringify(story)}`);
      doubles += arrived.count - 1;
    }
    for (const [client, tokens] of this.order.entries()) {
      const places = tokens.map((token) => arrivals.get(token).place);
      for (let i = 1; i < places.length; ++i) assert.ok(places[i] > places[i - 1], `${tokens[i]} came to user ${client} before ${tokens[i - 1]}`);
    }
    const states = (await this.api.get("/v1/notifications?state=failed&limit=1")).json.data;
    assert.deepEqual(states, [], "one has failed");
    return { acknowledged: this.acknowledged.size, arrived: this.receiver.arrivals.length, doubles };
  }
}

console.log(`seed ${seed}, ${rounds} rounds of notifications on ${options.store}`);
const random = randomOf(seed);
let passed = 0, run = null;
const sum = { acknowledged: 0, arrived: 0, doubles: 0 };
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
  console.log(`${sum.acknowledged} acknowledged, ${sum.arrived} arrivals: none lost, ${sum.doubles} arrived again, each said in its story; in order for every user`);
} catch (error) {
  console.log(`FAILED after round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
process.exit(process.exitCode ?? 0);
