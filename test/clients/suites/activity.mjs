// /v1/activity, as a client sees it: what was answered 202 is counted at once, once, and after a kill.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

const kLines = { headers: { "Content-Type": "application/x-ndjson" } };
const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const now_s = () => Date.now() / 1000;
const lines = (events) => events.map((event) => JSON.stringify(event)).join("\n");
const event = (user, more = {}) => ({ at: new Date().toISOString(), user, action: "login", ...more });
// [["alice", 3], …]
const counted = (answer) => answer.json.data.map(({ key, count }) => [key, count]);

export function activitySuite(kind) {
  describe(`activity on ${kind}`, { timeout: 300_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, run);
    let server, api;
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
    });
    after(() => server?.stop());
    const tenant = (() => {
      let n = 0;
      return () => {
        const name = `activity-${++n}`;
        server.newTenant(name);
        return server.client(server.newKey(name, "activity:read", "activity:write"));
      };
    })();

    it("lines and lists are counted by every dimension, at once", async () => {
      const client = tenant();
      const body = lines([event("alice"), event("alice"), event("bob", { endpoint: "GET /home", tags: { region: "eu" } })]) + "\n";
      const made = await client.post("/v1/activity/events", body, kLines);
      assert.equal(made.status, 202, made.text);
      assert.deepEqual(made.json, { accepted: 3, late: 0, ahead: 0 });
      assert.equal((await client.post("/v1/activity/events", { events: [event("carol", { at: now_s() })] })).status, 202);
      const top = await client.get("/v1/activity/top?dimension=user&k=10&window=300");
      assert.equal(top.status, 200, top.text);
      assert.deepEqual(counted(top), [["alice", 2], ["bob", 1], ["carol", 1]]);
      assert.deepEqual(top.json.data[0], { rank: 1, key: "alice", count: 2, lower: 2, upper: 2, guaranteed: true });
      assert.equal(top.json.total, 4);
      assert.equal(top.json.exact, true);
      assert.equal(top.json.window_s, 300);
      assert.match(top.json.as_of, kTime);
      assert.match(top.json.since, kTime);
      assert.equal(top.headers["cache-control"], "no-store");
      assert.deepEqual(counted(await client.get("/v1/activity/top?dimension=action")), [["login", 4]]);
      assert.deepEqual(counted(await client.get("/v1/activity/top?dimension=endpoint")), [["GET /home", 1]]);
      assert.deepEqual(counted(await client.get("/v1/activity/top?dimension=region&window=1d")), [["eu", 1]]);
      const nothing = await client.get("/v1/activity/top?dimension=nothing");
      assert.deepEqual([nothing.status, counted(nothing), nothing.json.known], [200, [], false]);
      assert.equal(top.json.known, true);
      assert.deepEqual(counted(await client.get("/v1/activity/top?k=1")), [["alice", 2]]);
      assert.deepEqual((await client.get("/v1/activity/dimensions")).json.data, ["action", "endpoint", "region", "user"]);
    });

    it("events count in the second in which they happened; late and future ones are told", async () => {
      const client = tenant();
      const at = now_s();
      const made = await client.post("/v1/activity/events", lines([
        event("recent", { at: at - 2 }), event("older", { at: at - 200 }), event("old", { at: at - 4000 }),
        event("fast", { at: at + 20 }), event("late", { at: at - 90_000 }), event("ahead", { at: at + 600 }),
      ]), kLines);
      assert.deepEqual(made.json, { accepted: 4, late: 1, ahead: 1 });
      const users = async (window) => counted(await client.get(`/v1/activity/top?window=${window}`)).map(([user]) => user);
      assert.deepEqual(await users("60"), ["fast", "recent"]);
      assert.deepEqual(await users("5m"), ["fast", "older", "recent"]);
      assert.deepEqual(await users("1h"), ["fast", "older", "recent"]);
      assert.deepEqual(await users("1d"), ["fast", "old", "older", "recent"]);
    });

    it("an Idempotency-Key counts once", async () => {
      const client = tenant();
      const body = lines([event("alice")]);
      const options = { headers: { ...kLines.headers, "Idempotency-Key": "batch-1" } };
      for (const replayed of [undefined, "true", "true"]) {
        const answer = await client.post("/v1/activity/events", body, options);
        assert.equal(answer.status, 202);
        assert.equal(answer.headers["idempotency-replayed"], replayed);
      }
      assert.deepEqual(counted(await client.get("/v1/activity/top")), [["alice", 1]]);
    });

    it("refuses what it cannot read, whole, and says where", async () => {
      const client = tenant();
      const bad = [
        [lines([event("good"), { at: "yesterday", user: "a", action: "b" }]), 422, "invalid_request", "/1/at"],
        ["{", 422, "invalid_request", "/0"],
        [lines([{ user: "a", action: "b" }]), 422, "invalid_request", "/0/at"],
        [lines([event("a", { colour: "red" })]), 422, "invalid_request", "/0/colour"],
        [lines([event("x".repeat(257))]), 422, "invalid_request", "/0/user"],
        ["", 400, "no_events"],
        ["\n \n", 400, "no_events"],
      ];
      for (const [body, status, reason, field] of bad) {
        assertProblem(await client.post("/v1/activity/events", body, kLines), status, reason, field);
      }
      assertProblem(await client.post("/v1/activity/events", "a=b", { headers: { "Content-Type": "application/x-www-form-urlencoded" } }), 415, "unsupported_media_type");
      assertProblem(await client.post("/v1/activity/events", Buffer.alloc(4 * 1024 * 1024 + 1, " "), kLines), 413, "body_too_large");
      for (const query of ["k=0", "k=1001", "k=x", "window=0", "window=2d", "window=soon", "dimension=", `dimension=${"x".repeat(41)}`]) {
        assertProblem(await client.get(`/v1/activity/top?${query}`), 400, "invalid_request", `?${query.split("=")[0]}`);
      }
      assertProblem(await client.get("/v1/activity/top?color=red"), 400, "invalid_request", "?color");
      assert.deepEqual(counted(await client.get("/v1/activity/top")), [], "nothing of a refused body is counted");
    });

    it("reading and writing are scopes of their own", async () => {
      const reader = server.client(server.newKey("demo", "activity:read"));
      const writer = server.client(server.newKey("demo", "activity:write"));
      assertProblem(await reader.post("/v1/activity/events", lines([event("a")]), kLines), 403, "missing_scope");
      assertProblem(await writer.get("/v1/activity/top"), 403, "missing_scope");
      assertProblem(await api.get("/v1/requests/top"), 403, "admin_required");
    });

    it("large batches, many at once: every event is counted once", async () => {
      const client = tenant();
      const truth = new Map();
      await Promise.all(Array.from({ length: 20 }, (_, batch) => {
        const events = Array.from({ length: 1000 }, (_, i) => event(`user-${(batch * 31 + i * 7) % 400}`));
        for (const { user } of events) truth.set(user, (truth.get(user) ?? 0) + 1);
        return client.post("/v1/activity/events", lines(events), kLines).then((answer) => assert.equal(answer.status, 202, answer.text));
      }));
      const top = await client.get("/v1/activity/top?k=1000");
      assert.equal(top.json.total, 20_000);
      assert.deepEqual(new Map(counted(top)), truth);
    });

    it("Ashlar's own requests show who calls most", async () => {
      const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
      const claimed = await api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
      assert.equal(claimed.status, 200, claimed.text);
      const cookie = claimed.headers["set-cookie"][0].split(";")[0];
      const admin = { key: null, headers: { ...ask.headers, Cookie: cookie } };
      for (let i = 0; i < 5; ++i) await api.get("/v1/links");
      await eventually("the tenant's requests are counted", async () => {
        const tenants = counted(await api.get("/v1/requests/top?dimension=tenant", admin));
        return tenants.some(([name, count]) => name === "demo" && count >= 5);
      });
      const endpoints = counted(await api.get("/v1/requests/top?dimension=endpoint&k=100", admin));
      assert.ok(endpoints.some(([name, count]) => name === "GET /v1/links" && count >= 5), JSON.stringify(endpoints));
      const users = counted(await api.get("/v1/requests/top?dimension=user&k=100", admin));
      assert.ok(users.some(([name]) => /^demo\/\d+$/.test(name)), JSON.stringify(users));
    });

    it("what was acknowledged is counted after kill -9, and once", async () => {
      const store = new Store(kind);
      let running = await Server.start({ store });
      const { key } = running;
      let sent = 0;
      for (let round = 0; round < 3; ++round) {
        for (let i = 0; i < 20; ++i) {
          assert.equal((await running.api.post("/v1/activity/events", lines([event("alice"), event(`user-${i}`)]), kLines)).status, 202);
          ++sent;
        }
        await running.kill();
        running = await Server.start({ store });
        running.api.key = key;
        const top = await running.api.get("/v1/activity/top?window=1h&k=100");
        assert.equal(top.json.total, sent * 2);
        assert.deepEqual(counted(top)[0], ["alice", sent]);
      }
      const exported = running.cli("tenant", "export", "demo");
      assert.equal(exported.code, 0, exported.stderr);
      const rows = exported.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((row) => row.module === "activity");
      assert.equal(rows.filter((row) => row.dimension === "user" && row.key === "alice").reduce((sum, row) => sum + row.count, 0), sent);
      await running.stop();
      store.remove();
    });
  });
}

// Two servers on one database: both come to the same counts.
export function activityClusterSuite(kind) {
  describe(`activity of two servers on one ${kind}`, { timeout: 120_000 }, () => {
    test(`${kind}: what one counts, the other tells`, async () => {
      const store = new Store(kind);
      const a = await Server.start({ store });
      const b = await Server.start({ store });
      try {
        b.api.key = a.key;
        for (let i = 0; i < 10; ++i) {
          const at = i % 2 === 0 ? a : b;
          assert.equal((await at.api.post("/v1/activity/events", lines([event("alice"), event(`user-${i}`)]), kLines)).status, 202);
        }
        for (const server of [a, b]) {
          await eventually("both have all", async () => (await server.api.get("/v1/activity/top?k=100")).json.total === 20, 2000);
          assert.deepEqual(counted(await server.api.get("/v1/activity/top?k=1")), [["alice", 10]]);
        }
      } finally {
        await Promise.all([a.stop(), b.stop()]);
        store.remove();
      }
    });
  });
}
