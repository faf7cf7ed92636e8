// Every row of bad_requests.mjs against a running server, which must come out of it as it went in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { badRequests } from "./bad_requests.mjs";
import { raw } from "./support/http.mjs";
import { kSanitized } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kLanes = 8;
const kRounds = 5;  // of the table, to see whether memory grows with wrong requests
const kMostGrowth_bytes = 48 << 20;

// One row; throws where the server's answer is another than the row's.
async function run(row, port) {
  const statuses = row.answers ?? (row.status === null ? [] : [row.status]);
  const endless = row.closes || row.status === null;
  const { answers, bytes, closed, took_ms } = await raw(port, row.send, { answers: endless ? Infinity : statuses.length, timeout_ms: 8000 });
  assert.deepEqual(answers.map((answer) => answer.status), statuses, bytes.toString("latin1").slice(0, 500));
  if (endless) assert.ok(closed, "the connection stays open");
  if (row.status === null) return;
  const answer = answers[row.at ?? answers.length - 1];
  assert.equal(answer.headers["content-type"], "application/problem+json");
  const problem = answer.json;
  assert.equal(problem.status, row.status);
  if (row.reason) assert.equal(problem.reason, row.reason);
  assert.equal(problem.type.split("/").at(-1), problem.reason);
  assert.equal(problem.request_id, answer.headers["x-request-id"]);
  for (const detail of [problem.detail, ...(problem.errors ?? []).map((error) => error.detail)]) assert.match(detail, /^[^a-z].*[.!?…]$/su);
  if (row.field !== undefined) {
    const error = problem.errors?.find(({ field }) => field === row.field);
    assert.ok(error, `${row.field} is not named: ${answer.text}`);
    if (row.why) assert.equal(error.reason, row.why);
  }
  for (const field of row.fields ?? []) assert.ok(problem.errors.some((error) => error.field === field), `${field} is not named`);
  if (row.allow) assert.match(answer.headers.allow, /[A-Z]/);
  if (row.closes) assert.equal(answer.headers.connection, "close");
  if (row.nowhere) assert.ok(!bytes.includes(row.nowhere), `the answer holds ${row.nowhere}`);
  if (row.not) assert.ok(!bytes.subarray(0, bytes.indexOf("\r\n\r\n")).includes(row.not), `the answer's head holds ${row.not}`);
  if (row.slow) assert.ok(took_ms > 800, `cut off after ${Math.round(took_ms)} ms`);
}

describe("wrong requests", { timeout: 240_000 }, () => {
  let server, slow, rows;
  before(async () => {
    server = await Server.start();
    slow = await Server.start({ sets: { "http.head_timeout_s": 1, "http.body_timeout_s": 1, "http.idle_timeout_s": 1 } });
    const made = async (body) => (await server.api.post("/v1/links", body)).json;
    const { code } = await made({ url: "https://example.com/", code: "stays-as-it-is" });
    await made({ url: "https://example.com/2" });
    for (let i = 0; i < 3; ++i) await server.api.post("/v1/keys", { scopes: ["links:read"] });
    const good = (await server.api.get("/v1/links?limit=1")).json.next_cursor;
    assert.equal((await server.api.get(`/v1/links?cursor=${good}`)).status, 200);
    server.newTenant("other");
    const other = server.client(server.newKey("other", "links:read", "links:write"));
    for (let i = 0; i < 2; ++i) await other.post("/v1/links", { url: "https://example.com/" });
    const swap = (at) => good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1);
    const cursors = {
      "its first character changed": swap(0), "its last but one changed": swap(good.length - 2), "one in the middle changed": swap(good.length >> 1),
      "cut off": good.slice(0, -4), "longer": `${good}AAAA`, "of another list": (await server.api.get("/v1/keys?limit=1")).json.next_cursor,
      "of another tenant": (await other.get("/v1/links?limit=1")).json.next_cursor, "not base64": `${good.slice(0, -1)}!`, "padded": `${good}=`,
    };
    other.close();
    rows = badRequests({ key: server.key, code, cursors });
  });
  after(() => Promise.all([server?.stop(), slow?.stop()]));

  test("each gets its exact answer", { timeout: 200_000, concurrency: kLanes }, async (context) => {
    assert.ok(rows.length >= 70);
    const names = rows.map((row) => row.name);
    assert.equal(new Set(names).size, names.length, "a name is given twice");
    console.log(`    ${rows.length} wrong requests`);
    const queue = [...rows.filter((row) => row.slow), ...rows.filter((row) => !row.slow)];
    const lane = async () => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        const one = row;
        await context.test(one.name, () => run(one, one.slow ? slow.port : server.port));
      }
    };
    await Promise.all(Array.from({ length: kLanes }, lane));
  });

  test("none of them changed anything", async () => {
    const link = (await server.api.get("/v1/links/stays-as-it-is")).json;
    assert.equal(link.url, "https://example.com/");
    assert.equal(link.enabled, true);
    assert.equal((await server.api.get("/v1/links?limit=100")).json.data.length, 2);
    assert.equal((await server.api.get("/v1/keys?limit=100")).json.data.length, 4);
  });

  test("clients that leave early do no harm", async () => {
    const body = JSON.stringify({ url: "https://example.com/left" });
    const whole = `POST /v1/links HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (let i = 0; i < 200; i += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, j) => raw(server.port, [whole.slice(0, j % 2 ? whole.length : (whole.length * j) / 20)], { timeout_ms: j % 5 })));
    }
    assert.equal((await server.api.get("/healthz")).status, 200);
  });

  test("the server works as before, and has not grown", async () => {
    const fast = rows.filter((row) => !row.slow && row.status !== null);
    const before = server.rss_bytes();
    for (let round = 0; round < kRounds; ++round) {
      const queue = [...fast];
      await Promise.all(Array.from({ length: kLanes }, async () => {
        for (let row = queue.shift(); row; row = queue.shift()) await run(row, server.port);
      }));
    }
    const grown = server.rss_bytes() - before;
    console.log(`    resident memory grew by ${(grown / (1 << 20)).toFixed(1)} MB in ${kRounds * fast.length} wrong requests, to ${(server.rss_bytes() / (1 << 20)).toFixed(1)} MB`);
    if (!kSanitized) assert.ok(grown < kMostGrowth_bytes);
    const made = await server.api.post("/v1/links", { url: "https://example.com/after" });
    assert.equal(made.status, 201);
    assert.equal((await server.api.get(`/${made.json.code}`)).status, 302);
    assert.equal(server.log().filter((line) => line.level === "error").length, 0, "a client's mistake is no error of the server");
    for (const one of [server, slow]) assert.deepEqual(await one.stop(), { code: 0, signal: null });
  });
});
