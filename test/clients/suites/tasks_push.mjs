// Push tasks against a real target program, and schedules.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, kSlow, sleep } from "../support/process.mjs";
import { Program } from "../support/program.mjs";
import { Server, Store } from "../support/server.mjs";

export function pushSuite(kind) {
  describe(`push tasks on ${kind}`, { timeout: 300_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 120_000 }, run);
    let server, api, target, origin, keys;
    before(async () => {
      server = await Server.start({ store: kind, sets: { "tasks.allow_private": true } });
      server.newTenant("acme");
      server.newTenant("other");
      api = server.client(server.newKey("acme", "tasks:read", "tasks:write"));
      keys = (await api.get("/v1/tasks/signing-key")).json;
      assert.match(keys.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      target = new Program("push_target.mjs", keys.secret);
      origin = `http://127.0.0.1:${(await target.until("the target listens", ({ port }) => port)).port}`;
    });
    after(async () => {
      await target?.kill();
      api?.close();
      await server?.stop();
    });

    const push = async (path, task = {}, more = {}) => {
      const answer = await api.post("/v1/tasks", { queue: "push", payload: { path }, ...task, target: { url: origin + path, ...more } });
      assert.equal(answer.status, 201, answer.text);
      return answer.json.id;
    };
    const ended = (id, limit_ms = 15_000) => eventually(`task ${id} ends`, async () => {
      const task = (await api.get(`/v1/tasks/${id}`)).json;
      return ["done", "dead", "cancelled"].includes(task.state) && task;
    }, limit_ms);
    const requests = (id) => target.lines.filter(({ task }) => task === id);

    it("the payload is sent, signed, and the answer is the result", async () => {
      const id = await push("/ok", { payload: { ünï: [1, "\"", null] } }, { headers: { "X-Shard": "7" } });
      const task = await ended(id);
      assert.equal(task.state, "done", JSON.stringify(task));
      assert.equal(task.mode, "push");
      assert.deepEqual(task.result, { status: 200, body: "" });  // what private hosts say is not shown
      const [request] = requests(id);
      assert.equal(request.verified, true);
      assert.equal(request.method, "POST");
      assert.deepEqual(JSON.parse(request.body), { ünï: [1, "\"", null] });
      const { headers } = request;
      assert.equal(headers["content-type"], "application/json");
      assert.equal(headers["x-shard"], "7");
      assert.equal(headers["ashlar-attempt"], "1");
      assert.equal(headers["ashlar-queue"], "push");
      assert.equal(headers["webhook-id"], `task_${id}`);
      assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
      assert.ok(Date.parse(headers["ashlar-deadline"]) > Date.now());
      assert.ok(Number(headers["ashlar-timeout-ms"]) > 50_000);
      assert.match(headers["user-agent"], /^Ashlar\//);
    });

    it("a failure is tried again with the same id, and each attempt is written down", async () => {
      const id = await push("/fail/1");
      const task = await ended(id);
      assert.equal(task.state, "done");
      assert.equal(requests(id).length, 2);
      assert.equal(new Set(requests(id).map(({ headers }) => headers["webhook-id"])).size, 1);
      assert.deepEqual(requests(id).map(({ headers }) => headers["ashlar-attempt"]), ["1", "2"]);
      assert.match(task.attempts[0].error, /^HTTP 500$/);
    });

    it("Retry-After is honoured", async () => {
      const id = await push("/busy/1");
      assert.equal((await ended(id)).state, "done");
      const [first, second] = requests(id);
      assert.ok(second.at_ms - first.at_ms >= 990, `${second.at_ms - first.at_ms} ms`);
    });

    it("what is no success uses up the attempts; give_up_on makes it dead at once", async () => {
      const dead = await ended(await push("/status/404", { max_attempts: 2 }));
      assert.equal(dead.state, "dead");
      assert.equal(dead.attempts.length, 2);
      const gone = await ended(await push("/status/410", {}, { give_up_on: [410, 422] }));
      assert.deepEqual([gone.state, gone.attempts.length], ["dead", 1]);
      const redirected = await ended(await push("/redirect", { max_attempts: 1 }));
      assert.equal(redirected.state, "dead");
      assert.match(redirected.error, /^HTTP 302/);
      assert.ok(!requests(redirected.id).some(({ path }) => path === "/ok"), "redirects are not followed");
    });

    it("no answer within the timeout is a failure", async () => {
      const task = await ended(await push("/slow/5000", { timeout_ms: 400, max_attempts: 1 }));
      assert.equal(task.state, "dead");
      assert.match(task.error, /timeout/);
    });

    it("slow targets hold no thread: hundreds wait at the same time", async () => {
      await api.call("PUT", "/v1/queues/slow", { body: { target_max_running: 500 } });
      const tasks = Array.from({ length: 200 }, () => ({ queue: "slow", payload: 1, target: { url: `${origin}/slow/2000` } }));
      const began = performance.now();
      assert.equal((await api.post("/v1/tasks/batch", { tasks })).status, 201);
      await eventually("all are done", async () => {
        const page = (await api.get("/v1/tasks?queue=slow&limit=1&state=ready")).json.data.length;
        const running = (await api.get("/v1/queues/slow")).json;
        return page === 0 && running.running === 0 && running.scheduled === 0;
      }, 60_000);
      const took = performance.now() - began;
      assert.ok(took < 15_000 * kSlow, `200 times 2 s took ${took} ms`);
    });

    it("one host is not called more often at once than its queue allows", async () => {
      await api.call("PUT", "/v1/queues/narrow", { body: { target_max_running: 2 } });
      const tasks = Array.from({ length: 6 }, () => ({ queue: "narrow", payload: 1, target: { url: `${origin}/slow/300` } }));
      const made = (await api.post("/v1/tasks/batch", { tasks })).json.tasks;
      for (const { id } of made) assert.equal((await ended(id, 30_000)).state, "done");
      const at = target.lines.filter(({ headers }) => headers?.["ashlar-queue"] === "narrow").map(({ at_ms }) => at_ms).sort((a, b) => a - b);
      assert.equal(at.length, 6);
      for (let i = 2; i < at.length; ++i) assert.ok(at[i] - at[i - 2] >= 280, `third request ${at[i] - at[i - 2]} ms after the first`);
    });

    it("a tenant with a long queue holds up no other: fair share", async () => {
      const other = server.client(server.newKey("other", "tasks:read", "tasks:write"));
      const plain = new Program("push_target.mjs", "-");
      const { port } = await plain.until("the target listens", (line) => line.port);
      const task = (queue) => ({ queue, payload: 1, target: { url: `http://127.0.0.1:${port}/slow/50` } });
      for (let i = 0; i < 4; ++i) {
        assert.equal((await api.post("/v1/tasks/batch", { tasks: Array.from({ length: 500 }, () => task("flood")) })).status, 201);
      }
      const made = (await other.post("/v1/tasks/batch", { tasks: Array.from({ length: 10 }, () => task("few")) })).json.tasks;
      await eventually("the other tenant's are done", async () => {
        const states = await Promise.all(made.map(async ({ id }) => (await other.get(`/v1/tasks/${id}`)).json.state));
        return states.every((state) => state === "done");
      }, 30_000);
      const { ready, running, scheduled } = (await api.get("/v1/queues/flood")).json;
      const left = ready + running + scheduled;
      console.log(`${kind}: when the other tenant's 10 tasks were done, ${left} of the 2000 before them were still to do`);
      assert.ok(left > 200, `${left} left`);
      await plain.kill();
      other.close();
    });

    it("a rotated key signs beside the old one for a day", async () => {
      const rotated = await api.post("/v1/tasks/signing-key/rotate");
      assert.equal(rotated.status, 200, rotated.text);
      assert.notEqual(rotated.json.secret, keys.secret);
      assert.ok(Date.parse(rotated.json.previous_until) > Date.now() + 23 * 3600_000);
      const id = await push("/ok");  // the target knows the old key only
      assert.equal((await ended(id)).state, "done");
      assert.equal(requests(id)[0].headers["webhook-signature"].split(" ").length, 2);
    });

    it("headers of ours cannot be set, nor lines ended", async () => {
      for (const [headers, reason] of [[{ Host: "x" }, "header_forbidden"], [{ "webhook-id": "x" }, "header_forbidden"], [{ "Ashlar-Attempt": "1" }, "header_forbidden"],
        [{ "X-A": "1\r\nX-B: 2" }, "header_malformed"], [{ "bad name": "1" }, "header_malformed"], [{ "X-A": 1 }, "header_malformed"]]) {
        const answer = await api.post("/v1/tasks", { queue: "push", payload: 1, target: { url: origin, headers } });
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.json.reason, reason, answer.text);
      }
    });
  });

  describe(`push tasks and the server's death on ${kind}`, { timeout: 120_000 }, () => {
    test(`${kind}: what was being sent when the server was killed is sent again`, { timeout: 90_000 }, async () => {
      const store = new Store(kind);
      const target = new Program("push_target.mjs", "-");
      const { port } = await target.until("the target listens", (line) => line.port);
      let server = await Server.start({ store, sets: { "tasks.allow_private": true } });
      const { key } = server;
      try {
        const tasks = Array.from({ length: 20 }, (_, i) => ({ queue: "push", payload: i, target: { url: `http://127.0.0.1:${port}/slow/1500` } }));
        const ids = (await server.api.post("/v1/tasks/batch", { tasks })).json.tasks.map(({ id }) => id);
        await target.until("something is being sent", ({ task }) => task !== undefined);
        await server.kill();
        await store.settled();
        const began = performance.now();
        server = await Server.start({ store, sets: { "tasks.allow_private": true } });
        server.api.key = key;
        await eventually("all are done", async () => {
          const states = await Promise.all(ids.map(async (id) => (await server.api.get(`/v1/tasks/${id}`)).json.state));
          return states.every((state) => state === "done");
        }, 60_000);
        const took = performance.now() - began;
        console.log(`${kind}: after a kill all ${ids.length} were done ${(took / 1000).toFixed(1)} s after the start`);
        // Alone on its database it knows that whoever had leased them is dead; else the leases must run out first.
        if (kind === "sqlite") assert.ok(took < 15_000 * kSlow, `${took} ms`);
        for (const id of ids) assert.ok(target.lines.some(({ task }) => task === id));
      } finally {
        await server.stop();
        await target.kill();
        store.remove();
      }
    });
  });

  describe(`schedules on ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 60_000 }, run);
    let server, api;
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
    });
    after(() => server?.stop());
    const put = (name, schedule) => api.call("PUT", `/v1/schedules/${name}`, { body: { queue: "cron", payload: { a: 1 }, ...schedule } });

    it("is made, read, changed, paused, run and deleted", async () => {
      const made = await put("daily", { cron: "30 6 * * MON-FRI", time_zone: "Europe/Berlin", max_attempts: 3 });
      assert.equal(made.status, 200, made.text);
      const { next_run_at, ...rest } = made.json;
      assert.match(next_run_at, /T0[45]:30:00Z$/);
      assert.deepEqual([rest.name, rest.payload, rest.last_run_at, rest.paused], ["daily", { a: 1 }, null, false]);
      assert.deepEqual((await api.get("/v1/schedules/daily")).json, made.json);
      assert.deepEqual((await api.get("/v1/schedules")).json.data.map(({ name }) => name), ["daily"]);
      assert.equal((await api.patch("/v1/schedules/daily", { paused: true })).json.paused, true);
      const run = await api.post("/v1/schedules/daily/run-now");
      assert.equal(run.status, 201, run.text);
      const [task] = (await api.post("/v1/queues/cron/lease", {})).json.tasks;
      assert.deepEqual([task.id, task.schedule, task.payload], [run.json.id, "daily", { a: 1 }]);
      assert.equal((await api.patch("/v1/schedules/daily", { paused: false })).json.next_run_at, next_run_at);
      assert.equal((await api.delete("/v1/schedules/daily")).status, 204);
      assert.equal((await api.get("/v1/schedules/daily")).status, 404);
    });

    it("says what is wrong with it", async () => {
      for (const [schedule, reason, field] of [[{ cron: "61 * * * *" }, "cron_invalid", "/cron"], [{ cron: "0 0 30 2 *" }, "cron_invalid", "/cron"],
        [{ cron: "* * * * *", time_zone: "Mars/Olympus" }, "zone_unknown", "/time_zone"], [{ cron: "* * * * *", target: { url: "http://localhost/" } }, "target_forbidden", "/target/url"]]) {
        const answer = await put("wrong", schedule);
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.json.reason, reason);
        assert.equal(answer.json.errors[0].field, field);
      }
    });
  });

  if (kind !== "postgres") return;
  describe("schedules and two servers on postgres", { timeout: 120_000 }, () => {
    test("postgres: each occurrence makes one task, and missed ones make one altogether", { timeout: 90_000 }, async () => {
      const store = new Store("postgres");
      const a = await Server.start({ store });
      const b = await Server.start({ store });
      const api = a.api;
      try {
        const names = Array.from({ length: 20 }, (_, i) => `every-${i}`);
        for (const name of names) {
          const answer = await api.call("PUT", `/v1/schedules/${name}`, { body: { cron: "0 0 1 1 *", queue: "cron", payload: name } });
          assert.equal(answer.status, 200, answer.text);
        }
        for (let round = 1; round <= 3; ++round) {
          // As if nobody had served for two years.
          store.database.query("UPDATE tasks_schedules SET next_at = next_at - 2 * 366 * 86400 * 1000000::bigint");
          await eventually("all have fired", async () => (await api.get("/v1/queues/cron")).json.ready >= 20 * round, 10_000);
          await sleep(1500);
          assert.equal((await api.get("/v1/queues/cron")).json.ready, 20 * round);
        }
        const { data } = (await api.get("/v1/schedules?limit=100")).json;
        for (const schedule of data) assert.ok(Date.parse(schedule.next_run_at) > Date.now());
        const fired = await Promise.all([a, b].map(async (server) => Number(/^ashlar_tasks_schedules_fired_total (\d+)/m.exec((await server.api.get("/metrics", { key: null })).text)[1])));
        assert.equal(fired[0] + fired[1], 60);
        console.log(`postgres: two servers fired ${fired[0]} and ${fired[1]} of 60 occurrences`);
      } finally {
        await Promise.all([a.stop(), b.stop()]);
        store.remove();
      }
    });
  });
}
