// Kills the server at random moments while 32 clients write, and holds what comes back against what was acknowledged.
//
//   node test/crash/crash.mjs [--rounds 100] [--seed N] [--store sqlite|postgres]
//
// One store goes through five rounds, then a fresh one takes its place. A round: writers create links (a quarter with codes of their
// own, a quarter with an Idempotency-Key), update them and click on others; SIGKILL at a moment that the seed gives; perhaps another
// one while the server recovers; then the start that has to be good, and the checks:
//   every acknowledged link is there, exactly as acknowledged; updates too; an update under way was done whole or not at all
//   no link is there that nobody asked for; no code twice; no two links of one request
//   repeats with an Idempotency-Key give the code that was acknowledged, and never a second link
//   ids are dense: on SQLite as many as links (a sequence of PostgreSQL may leave gaps)
//   a click sent more than 1.25 s before the kill is counted, none is counted twice
//   `ashlar verify` finds nothing
// The seed gives the plan, not the interleaving: the same seed tries the same moments, not the same outcome.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Api } from "../clients/support/http.mjs";
import { eventually, kSlow, sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kWriters = 32;
const kClicked = 8;
const kRoundsOfAStore = 5;
const kWindow_ms = 1250;
const kLongestRound_ms = 2200;
const kRepeats = 24;  // of acknowledged requests with an Idempotency-Key, in each round
const kSample = 40;   // acknowledged links that are followed

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

// What the clients know: the truth that the store is held against.
class Model {
  links = new Map();      // code -> {url, status, expires_at, enabled, maybe?: a state whose change was not answered}
  unanswered = new Map(); // url -> the create whose answer never came: {body, key?}
  keyed = [];             // acknowledged creates with a key: {body, key, code}
  clicked = [];           // {code, base: counted before this round, sent: [{at, answered}]}
  round = 0;

  created(body, answer, key) {
    assert.ok(!this.links.has(answer.code), `code ${answer.code} was given out twice`);
    this.links.set(answer.code, { url: body.url, status: body.status ?? 302, expires_at: body.expires_at ?? null, enabled: true });
    if (key) this.keyed.push({ body, key, code: answer.code });
  }
}

class Writer {
  constructor(index, model, server, random) {
    Object.assign(this, { index, model, random, own: [], count: 0, done: 0 });
    this.api = new Api(server.origin, server.key, { maxSockets: 1 });
  }

  // Until the connection breaks: that is how the kill looks from here.
  async run() {
    for (;;) {
      try {
        await this.step();
        this.done += 1;
      } catch (error) {
        if (error.code === "ERR_ASSERTION") throw error;
        this.api.close();
        return;
      }
    }
  }

  step() {
    const dice = this.random();
    if (dice < 0.2) return this.click();
    if (dice < 0.4 && this.own.length > 0) return this.update();
    return this.create();
  }

  async create() {
    const kind = Math.floor(this.random() * 4);  // 0: with a code, 1: with a key, else plain
    const name = `${this.model.round}-${this.index}-${this.count++}`;
    const body = { url: `https://example.com/${name}/${"x".repeat(Math.floor(this.random() * 200))}` };
    if (kind === 0) body.code = `own-${name}`;
    if (this.random() < 0.3) body.status = [301, 307, 308][Math.floor(this.random() * 3)];
    if (this.random() < 0.2) body.expires_at = "2099-01-01T00:00:00Z";
    const key = kind === 1 ? `crash-${name}` : undefined;
    this.model.unanswered.set(body.url, { body, key });
    const answer = await this.api.post("/v1/links", body, { headers: key ? { "Idempotency-Key": key } : {} });
    assert.equal(answer.status, 201, answer.text);
    this.model.unanswered.delete(body.url);
    this.model.created(body, answer.json, key);
    this.own.push(answer.json.code);
  }

  async update() {
    const code = this.own[Math.floor(this.random() * this.own.length)];
    const link = this.model.links.get(code);
    const change = this.random() < 0.7 ? { url: `https://example.com/${this.model.round}-${this.index}-${this.count++}/changed`, status: [301, 302][this.count % 2] } : { enabled: !link.enabled };
    link.maybe = { ...link, ...change };
    const answer = await this.api.patch(`/v1/links/${code}`, change);
    assert.equal(answer.status, 200, answer.text);
    this.model.links.set(code, link.maybe);
    delete link.maybe.maybe;
  }

  async click() {
    const clicked = this.model.clicked[Math.floor(this.random() * kClicked)];
    const click = { at: performance.now(), answered: Infinity };
    clicked.sent.push(click);
    const answer = await this.api.get(`/${clicked.code}`, { key: null });
    assert.equal(answer.status, 302, answer.text);
    click.answered = performance.now();
  }
}

const same = (link, state) => link.url === state.url && link.status === state.status && link.enabled === state.enabled &&
  (link.expires_at === null ? state.expires_at === null : state.expires_at !== null && Date.parse(link.expires_at) === Date.parse(state.expires_at));

async function allLinks(api) {
  const found = [];
  for (let cursor = ""; ;) {
    const page = await api.get(`/v1/links?limit=100${cursor}`);
    assert.equal(page.status, 200, page.text);
    found.push(...page.json.data);
    if (page.json.next_cursor === null) return found;
    cursor = `&cursor=${page.json.next_cursor}`;
  }
}

// The store's links against the model's. Creates whose answer was swallowed become known here, by their URL.
function checkLinks(model, found) {
  const byCode = new Map(found.map((link) => [link.code, link]));
  assert.equal(byCode.size, found.length, "a code stands in the list twice");
  let landed = 0;
  for (const [code, state] of model.links) {
    const link = byCode.get(code);
    assert.ok(link, `the acknowledged link ${code} (${state.url}) is gone`);
    const changed = state.maybe !== undefined && same(link, state.maybe);
    assert.ok(changed || same(link, state), `${code} is ${JSON.stringify(link)}, acknowledged was ${JSON.stringify(state)}`);
    if (changed) model.links.set(code, state.maybe);
    delete model.links.get(code).maybe;
    byCode.delete(code);
  }
  for (const link of byCode.values()) {
    const asked = model.unanswered.get(link.url);
    assert.ok(asked, `nobody asked for ${JSON.stringify(link)}, or it was made twice`);
    const state = { url: asked.body.url, status: asked.body.status ?? 302, expires_at: asked.body.expires_at ?? null, enabled: true };
    assert.ok(same(link, state) && (asked.body.code ?? link.code) === link.code, `half a link: ${JSON.stringify(link)}, asked was ${JSON.stringify(asked.body)}`);
    model.unanswered.delete(link.url);
    model.links.set(link.code, state);
    if (asked.key) model.keyed.push({ body: asked.body, key: asked.key, code: link.code });
    landed += 1;
  }
  return landed;
}

// Repeats: of what was answered, and of what never was.
async function checkRepeats(model, api, random) {
  const repeat = ({ body, key }) => api.post("/v1/links", body, { headers: { "Idempotency-Key": key } });
  const sample = Array.from({ length: Math.min(kRepeats, model.keyed.length) }, () => model.keyed[Math.floor(random() * model.keyed.length)]);
  await Promise.all(sample.map(async (asked) => {
    const answer = await repeat(asked);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.code, asked.code, `a repeat of ${asked.key} got another link`);
    assert.equal(answer.headers["idempotency-replayed"], "true");
  }));
  const open = [...model.unanswered.values()];
  model.unanswered.clear();  // what is not in the list by now never will be
  await Promise.all(open.filter(({ key }) => key).map(async (asked) => {
    const [first, second] = [await repeat(asked), await repeat(asked)];
    assert.equal(first.status, 201, first.text);
    assert.equal(second.json.code, first.json.code);
    model.created(asked.body, first.json, asked.key);
  }));
}

async function checkClicks(model, api, killed_at) {
  const since = Date.now();
  let sent = 0, counted = 0, due = 0;
  for (const clicked of model.clicked) {
    const path = `/v1/links/${clicked.code}/stats`;
    const stats = await eventually(`the clicks of ${clicked.code} are counted up to now`, async () => {
      const { json } = await api.get(path);
      return Date.parse(json.as_of) > since && json;
    }, 10_000);
    const certain = clicked.sent.filter(({ answered }) => answered < killed_at - kWindow_ms * kSlow).length;
    const fresh = stats.clicks - clicked.base;
    assert.ok(fresh >= certain, `${clicked.code}: ${fresh} clicks counted, ${certain} were sent more than ${kWindow_ms} ms before the kill`);
    assert.ok(fresh <= clicked.sent.length, `${clicked.code}: ${fresh} clicks counted, only ${clicked.sent.length} sent`);
    assert.equal(stats.by_day.reduce((sum, { clicks }) => sum + clicks, 0), stats.clicks, "days and total differ");
    sent += clicked.sent.length, counted += fresh, due += certain;
    clicked.base = stats.clicks;
    clicked.sent = [];
  }
  return { sent, counted, due };
}

async function checkRedirects(model, api, random) {
  const known = [...model.links].filter(([code]) => !model.clicked.some((clicked) => clicked.code === code));
  for (let i = 0; i < Math.min(kSample, known.length); ++i) {
    const [code, state] = known[Math.floor(random() * known.length)];
    const answer = await api.get(`/${code}`, { key: null });
    assert.equal(answer.status, state.enabled ? state.status : 410, code);
    if (state.enabled) assert.equal(answer.headers.location, state.url);
  }
}

// {links, highest id}: what no client can see. Null where there is nothing to look with.
function countIds(store) {
  const sql = "SELECT count(*), count(DISTINCT id), max(id) FROM links";
  if (store.database) return store.database.query(sql);
  const looked = spawnSync("sqlite3", ["-readonly", join(store.data, "ashlar.db"), sql], { encoding: "utf8", timeout: 30_000 });
  if (looked.error?.code === "ENOENT") return null;
  assert.equal(looked.status, 0, looked.stderr);
  return looked.stdout.trim();
}

function checkIds(model, store, most_gaps) {
  const counted = countIds(store);
  if (counted === null) return false;
  const [links, distinct, highest] = counted.split("|").map(Number);
  assert.equal(links, model.links.size, "the table has another number of links than the list");
  assert.equal(distinct, links);
  assert.ok(highest - links <= most_gaps, `ids up to ${highest} for ${links} links: more than ${most_gaps} gaps`);
  return true;
}

class Run {
  constructor(random) {
    this.random = random;
    this.store = new Store(options.store);
    this.model = new Model();
  }

  async start() {
    this.server = await Server.start({ store: this.store, sets: { "log.level": "warn" } });
    this.key ??= this.server.key;
    this.server.key = this.server.api.key = this.key;
    return this.server;
  }

  async prepare() {
    const server = await this.start();
    for (let i = 0; i < kClicked; ++i) {
      const body = { url: `https://example.com/clicked/${i}` };
      const answer = await server.api.post("/v1/links", body);
      this.model.created(body, answer.json);
      this.model.clicked.push({ code: answer.json.code, base: 0, sent: [] });
    }
  }

  async round(number) {
    const { model, random } = this;
    model.round = number;
    const before = model.links.size;
    const writers = Array.from({ length: kWriters }, (_, index) => new Writer(index, model, this.server, randomOf(Math.floor(random() * 2 ** 32))));
    const running = Promise.all(writers.map((writer) => writer.run()));
    const after_ms = 150 + random() * kLongestRound_ms;
    await Promise.race([sleep(after_ms), running]);  // a writer that fails ends the round at once
    const killed_at = performance.now();
    await this.server.kill();
    await running;
    await this.store.settled();
    const acknowledged = model.links.size - before;
    const swallowed = model.unanswered.size;
    assert.ok(writers.every((writer) => writer.done > 0) || after_ms < 1000, "a writer got no answer at all");

    let kills = 1;
    while (kills < 3 && random() < 0.3) {
      await Server.start({ store: this.store, kill_after_ms: random() * 80 });
      await this.store.settled();
      kills += 1;
    }
    const { api } = await this.start();
    const landed = checkLinks(model, await allLinks(api));
    await checkRepeats(model, api, random);  // a second link by a repeat would be one too many in the next round, or at the end
    const clicks = await checkClicks(model, api, killed_at);
    await checkRedirects(model, api, random);
    // A sequence of PostgreSQL takes no number back, neither from a transaction that runs again nor at a crash.
    if (!checkIds(model, this.store, options.store === "sqlite" ? 0 : model.links.size + 1000)) unseen = true;
    const verified = this.server.cli("verify");
    assert.equal(verified.stdout, "ok\n", verified.stdout + verified.stderr);
    console.log(`round ${number}: killed after ${Math.round(after_ms)} ms${kills > 1 ? ` and ${kills - 1} times while starting` : ""}: ${acknowledged} links acknowledged, ` +
      `${swallowed} unanswered (${landed} had landed), ${clicks.counted} of ${clicks.sent} clicks counted (${clicks.due} had to be), start ${Math.round(this.server.startup_ms)} ms`);
  }

  async finish() {
    assert.equal(checkLinks(this.model, await allLinks(this.server.api)), 0);
    const exit = await this.server.stop();
    assert.deepEqual(exit, { code: 0, signal: null });
    this.store.remove();
  }
}

console.log(`seed ${seed}, ${rounds} rounds on ${options.store}`);
const random = randomOf(seed);
let passed = 0, run = null, unseen = false;
try {
  for (let number = 0; number < rounds; ++number) {
    if (number % kRoundsOfAStore === 0) {
      await run?.finish();
      run = new Run(random);
      await run.prepare();
    }
    await run.round(number);
    passed += 1;
  }
  await run.finish();
} catch (error) {
  console.log(`FAILED in round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  if (run?.server) console.log(run.server.stderr.split("\n").slice(-20).join("\n"));
  await run?.server?.kill();
  process.exitCode = 1;
}
if (unseen) console.log("SKIP: crash: ids of SQLite: no sqlite3 to look with (Debian package sqlite3)");
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, ${unseen ? 1 : 0} skipped`);
