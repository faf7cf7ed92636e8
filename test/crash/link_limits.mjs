// Kills the server while 64 visitors follow a link that lets 1,000 pass: no unit of the limit is used twice, and none vanishes.
//
//   node test/crash/link_limits.mjs [--rounds 20] [--seed N] [--store sqlite|postgres]
//
// A round: a fresh link, visitors without pause, SIGKILL at a moment that the seed gives, a new start, perhaps a second kill; then
// visitors until nobody passes any more. Held to account:
//   after each start   answered redirects <= used units <= answered redirects + visits that were under way at a kill
//   at the end         1,000 units are used; never more than 1,000 redirects were answered
// The seed gives the plan, not the interleaving.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { Api } from "../clients/support/http.mjs";
import { kSlow, sleep } from "../clients/support/process.mjs";
import { Server, Store } from "../clients/support/server.mjs";

const kLimit = 1000;
const kVisitors = 64;
const kLongestRound_ms = 600;
const kMaxKills = 2;

const { values: options } = parseArgs({ options: {
  rounds: { type: "string", default: "5" }, seed: { type: "string", default: String(Date.now() % 1_000_000_007) }, store: { type: "string", default: "sqlite" } } });
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

// What the visitors of one link know.
class Books {
  passed = 0;
  refused = 0;
  underWay = 0;   // asked, not answered yet
  unanswered = 0; // were under way when the server died
}

// Until the link is used up or the server is gone.
async function visit(server, code, books) {
  const api = new Api(server.origin, null, { maxSockets: 1 });
  try {
    for (;;) {
      books.underWay += 1;
      const answer = await api.get(`/${code}`).finally(() => { books.underWay -= 1; });
      if (answer.status === 302) books.passed += 1;
      else if (answer.status === 410) {
        books.refused += 1;
        return;
      } else assert.equal(answer.status, 503, answer.text);  // overloaded: nothing was taken
    }
  } catch (error) {
    if (error.code === "ERR_ASSERTION") throw error;
    books.unanswered += 1;
  } finally {
    api.close();
  }
}

async function used(server, code) {
  const { json } = await server.api.get(`/v1/links/${code}`);
  assert.equal(json.max_clicks, kLimit);
  return kLimit - json.clicks_left;
}

async function round(number, store, random, current) {
  let server = current;
  const code = `limited-${number}`;
  assert.equal((await server.api.post("/v1/links", { url: "https://example.com/", code, max_clicks: kLimit })).status, 201);
  const books = new Books();
  const kills = [];
  for (let kill = 0; kill < 1 + Math.floor(random() * kMaxKills); ++kill) {
    const visitors = Array.from({ length: kVisitors }, () => visit(server, code, books));
    const after_ms = random() * kLongestRound_ms * kSlow;
    await sleep(after_ms);
    await server.kill();
    await Promise.all(visitors);
    await store.settled();
    const { key } = server;
    server = await Server.start({ store });
    server.key ??= key;
    server.api.key ??= key;
    const taken = await used(server, code);
    assert.ok(books.passed <= taken, `${books.passed} passed, but ${taken} units are used`);
    assert.ok(taken <= books.passed + books.unanswered, `${taken} units are used, ${books.passed} passed, ${books.unanswered} were under way`);
    kills.push(`${Math.round(after_ms)} ms: ${books.passed} passed, ${taken} used, ${books.unanswered} were under way`);
  }
  await Promise.all(Array.from({ length: kVisitors }, () => visit(server, code, books)));
  assert.equal(await used(server, code), kLimit);
  assert.ok(books.passed <= kLimit && books.passed >= kLimit - books.unanswered, `${books.passed} passed of ${kLimit}, ${books.unanswered} were under way`);
  console.log(`round ${number}: killed after ${kills.join("; ")}; in the end ${books.passed} passed, ${books.refused} refused`);
  return server;
}

console.log(`seed ${seed}, ${rounds} rounds on ${options.store}`);
const random = randomOf(seed);
const store = new Store(options.store);
let passed = 0, server = null;
try {
  server = await Server.start({ store });
  for (let number = 0; number < rounds; ++number) {
    server = await round(number, store, random, server);
    passed += 1;
  }
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  store.remove();
} catch (error) {
  console.log(`FAILED in round ${passed} of seed ${seed} on ${options.store}: ${error.stack}`);
  if (server) console.log(server.stderr.split("\n").slice(-20).join("\n"));
  await server?.kill();
  process.exitCode = 1;
}
console.log(`${passed} passed, ${process.exitCode ? 1 : 0} failed, 0 skipped`);
