// Tasks: what fails and lives again, uniqueness, order, batches, queues and their settings, lists, two tenants.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sleep } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { create, fresh, lease, leaseOne, refused, report, stateOf } from "../support/tasks.mjs";

const kScopes = ["tasks:read", "tasks:write"];

export function tasksSteeringSuite(kind) {
  describe(`tasks, steered, on ${kind}`, { timeout: 300_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 120_000 }, run);
    let server, api, other;
    before(async () => {
      server = await Server.start({ store: kind });
      for (const name of ["acme", "other"]) server.newTenant(name);
      api = server.client(server.newKey("acme", ...kScopes));
      other = server.client(server.newKey("other", ...kScopes));
    });
    after(() => {
      for (const client of [api, other]) client?.close();
      return server?.stop();
    });

    it("a failure is tried again later, or never where its worker says so", async () => {
      const queue = fresh("fails");
      const id = await create(api, { queue, max_attempts: 3 });
      let task = await leaseOne(api, queue);
      assert.deepEqual((await report(api, "fail", task, { error: "first" })).json, { id, state: "retrying" });
      assert.deepEqual((await lease(api, queue)).json.tasks, []);
      assert.equal((await api.post(`/v1/tasks/${id}/run-now`)).json.state, "ready");
      task = await leaseOne(api, queue);
      assert.equal(task.attempt, 2);
      const later = new Date(Date.now() + 3600_000).toISOString();
      assert.equal((await report(api, "fail", task, { error: "second", retry_at: later })).json.state, "retrying");
      assert.ok(Date.parse((await api.get(`/v1/tasks/${id}`)).json.run_at) >= Date.parse(later) - 1);
      await api.post(`/v1/tasks/${id}/run-now`);
      assert.equal((await report(api, "fail", await leaseOne(api, queue), { error: "third" })).json.state, "dead");
      const dead = (await api.get(`/v1/tasks/${id}`)).json;
      assert.deepEqual(dead.attempts.map(({ error }) => error), ["first", "second", "third"]);
      assert.equal(dead.error, "third");

      const hopeless = await create(api, { queue });
      task = await leaseOne(api, queue);
      assert.equal((await report(api, "fail", task, { error: "never", retry: false })).json.state, "dead");
      assert.equal(await stateOf(api, hopeless), "dead");
      refused(await report(api, "fail", task, { retry: false, retry_after_ms: 5 }), 422, "retry_contradiction");
    });

    it("snoozing gives the attempt back", async () => {
      const queue = fresh("snoozes");
      const id = await create(api, { queue, max_attempts: 1 });
      for (let i = 0; i < 3; ++i) {
        const task = await leaseOne(api, queue, { wait_ms: 5000 });
        assert.equal(task.attempt, 1);
        assert.equal((await report(api, "snooze", task, { delay_ms: 50 })).json.state, "scheduled");
      }
      assert.equal((await report(api, "complete", await leaseOne(api, queue, { wait_ms: 5000 }))).status, 200);
      const { state, attempt, max_attempts, timeline } = (await api.get(`/v1/tasks/${id}`)).json;
      assert.deepEqual({ state, attempt, max_attempts }, { state: "done", attempt: 1, max_attempts: 1 });
      assert.deepEqual(timeline.map(({ what }) => what), ["created", "started", "done"]);
    });

    it("dead tasks live again: one, and those of a queue that fit a filter", async () => {
      const queue = fresh("redrive");
      const ids = [];
      for (let i = 0; i < 6; ++i) ids.push(await create(api, { queue, payload: i }));
      for (const task of (await lease(api, queue)).json.tasks) {
        await report(api, "fail", task, { error: task.payload < 4 ? "timeout of the store" : "bad input", retry: false });
      }
      assert.equal((await api.get(`/v1/queues/${queue}`)).json.dead, 6);
      assert.deepEqual((await api.get(`/v1/tasks?queue=${queue}&state=dead&error=bad`)).json.data.map(({ id }) => id), ids.slice(4).reverse());
      assert.equal((await api.post(`/v1/tasks/${ids[5]}/redrive`)).json.state, "ready");
      refused(await api.post(`/v1/tasks/${ids[5]}/redrive`), 409, "task_live");
      const redriven = await api.post(`/v1/queues/${queue}/redrive`, { error_contains: "timeout" });
      assert.deepEqual(redriven.json, { redriven: 4, more: false });
      const again = (await lease(api, queue)).json.tasks;
      assert.deepEqual(again.map(({ id }) => id).sort(), [...ids.slice(0, 4), ids[5]].sort());
      for (const task of again) assert.equal(task.attempt, 2);
      assert.deepEqual((await api.get(`/v1/tasks/${ids[0]}`)).json.attempts.map(({ error }) => error), ["timeout of the store"]);
      assert.deepEqual((await api.post(`/v1/queues/${queue}/redrive`, {})).json, { redriven: 1, more: false });
    });

    it("one lives of those with the same unique_key", async () => {
      const queue = fresh("unique");
      const task = { queue, payload: 1, unique_key: "order 7" };
      const id = await create(api, task);
      const answers = await Promise.all(Array.from({ length: 20 }, () => api.post("/v1/tasks", task)));
      for (const answer of answers) {
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.json, { id, state: "ready", existed: true });
      }
      await report(api, "complete", await leaseOne(api, queue));
      assert.notEqual(await create(api, task), id);
      assert.notEqual(await create(api, { ...task, queue: fresh("unique") }), id);
      assert.equal((await other.post("/v1/tasks", task)).status, 201);
    });

    it("higher priorities go first, and tasks of a key one by one in order", async () => {
      const queue = fresh("order");
      const ids = [];
      for (const priority of [0, 5, -5, 10]) ids.push(await create(api, { queue, priority }));
      assert.deepEqual((await lease(api, queue)).json.tasks.map(({ id }) => id), [ids[3], ids[1], ids[0], ids[2]]);
      const line = fresh("line");
      const first = await create(api, { queue: line, key: "account 1", ordered: true, payload: 1 });
      const second = await create(api, { queue: line, key: "account 1", ordered: true, payload: 2 });
      const elsewhere = await create(api, { queue: line, key: "account 2", ordered: true, payload: 3 });
      const now = (await lease(api, line)).json.tasks;
      assert.deepEqual(now.map(({ id }) => id).sort(), [first, elsewhere].sort());
      assert.equal(await stateOf(api, second), "held");
      for (const task of now) await report(api, "complete", task);
      assert.equal((await leaseOne(api, line, { wait_ms: 5000 })).id, second);
      refused(await api.post("/v1/tasks", { queue, payload: 1, ordered: true }), 422, "key_missing");
    });

    it("a batch is made whole or not at all, and reported on each by itself", async () => {
      const queue = fresh("batch");
      const tasks = Array.from({ length: 250 }, (_, i) => ({ queue, payload: { i } }));
      const made = await api.post("/v1/tasks/batch", { tasks });
      assert.equal(made.status, 201, made.text);
      assert.equal(new Set(made.json.tasks.map(({ id }) => id)).size, 250);
      const bad = await api.post("/v1/tasks/batch", { tasks: [{ queue, payload: 1 }, { queue, payload: 1, target: { url: "http://127.0.0.1/" } }] });
      refused(bad, 422, "target_forbidden");
      assert.equal(bad.json.errors[0].field, "/tasks/1/target/url");
      assert.equal((await api.get(`/v1/queues/${queue}`)).json.ready, 250);
      refused(await api.post("/v1/tasks/batch", { tasks: [] }), 422, "invalid_request");
      const seen = new Set();
      for (;;) {
        const leased = (await lease(api, queue, { max: 100 })).json.tasks;
        if (leased.length === 0) break;
        assert.ok(leased.length <= 100);
        for (const task of leased) assert.ok(!seen.has(task.id) && seen.add(task.id));
        const beat = await api.post("/v1/tasks/heartbeat", { tasks: leased.map(({ id, lease_token }) => ({ id, lease_token, lease_ms: 60_000 })) });
        assert.ok(beat.json.tasks.every(({ ok, cancel_asked }) => ok && !cancel_asked), beat.text);
        const reports = leased.map(({ id, lease_token, payload }) => ({ id, lease_token, result: payload.i }));
        reports[0].lease_token = "made up";
        const done = (await api.post("/v1/tasks/complete", { tasks: reports })).json.tasks;
        assert.deepEqual(done[0], { id: leased[0].id, ok: false, reason: "lease_lost" });
        assert.ok(done.slice(1).every(({ ok }) => ok));
        const failed = await api.post("/v1/tasks/fail", { tasks: [{ id: leased[0].id, lease_token: leased[0].lease_token, error: "odd", retry: false }] });
        assert.deepEqual(failed.json.tasks, [{ id: leased[0].id, ok: true, reason: null }]);
      }
      assert.equal(seen.size, 250);
      const { ready, dead } = (await api.get(`/v1/queues/${queue}`)).json;
      assert.deepEqual({ ready, dead }, { ready: 0, dead: 3 });
    });

    it("a queue can be paused, and bounded in what runs and how often it starts", async () => {
      const queue = fresh("settings");
      const put = async (settings) => {
        const answer = await api.call("PUT", `/v1/queues/${queue}`, { body: settings });
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
      };
      for (let i = 0; i < 6; ++i) await create(api, { queue, payload: i });
      assert.equal((await put({ paused: true })).paused, true);
      assert.deepEqual((await lease(api, queue)).json.tasks, []);
      const waiting = lease(api, queue, { wait_ms: 10_000 });
      await sleep(50);
      assert.deepEqual((({ paused, max_running }) => ({ paused, max_running }))(await put({ max_running: 2 })), { paused: false, max_running: 2 });
      const first = (await waiting).json.tasks;
      assert.equal(first.length, 2);
      assert.deepEqual((await lease(api, queue)).json.tasks, []);
      await report(api, "complete", first[0]);
      assert.equal((await lease(api, queue)).json.tasks.length, 1);
      await put({ rate_per_s: 2, burst: 1 });
      const began = performance.now();
      let got = 0;
      while (got < 3) got += (await lease(api, queue, { max: 10, wait_ms: 5000 })).json.tasks.length;
      const took = performance.now() - began;
      assert.ok(took >= 900, `three starts at 2 a second in ${took} ms`);
      refused(await api.call("PUT", `/v1/queues/${queue}`, { body: { rate_per_s: 0 } }), 422, "rate_too_small");
      const row = (await api.get("/v1/queues?limit=100")).json.data.find((one) => one.queue === queue);
      assert.equal(row.rate_per_s, 2);
      assert.equal(row.running, 5);
    });

    it("a key's rate holds, and a queue has a schedule of retries of its own", async () => {
      const queue = fresh("paced");
      const put = (settings) => api.call("PUT", `/v1/queues/${queue}`, { body: settings });
      const set = await put({ key_rate_per_s: 2, key_burst: 1, retry: { base_ms: 100, multiplier: 3, cap_ms: 1000 } });
      assert.equal(set.status, 200, set.text);
      assert.deepEqual(set.json.retry.delays_ms, [100, 300, 900, 1000]);
      const { key_rate_per_s, key_burst, retry: shown } = set.json;
      const again = await put({ key_rate_per_s, key_burst, retry: shown });  // as it is shown it may be given
      assert.deepEqual(again.json.retry, shown, again.text);
      assert.equal((await api.get(`/v1/queues/${queue}`)).json.key_rate_per_s, 2);
      for (const key of ["a", "a", "a", "b"]) await create(api, { queue, key, key_limit: 10, payload: key });
      const began = performance.now();
      let got = [];
      while (got.length < 4) got = got.concat((await lease(api, queue, { wait_ms: 5000 })).json.tasks);
      assert.ok(performance.now() - began >= 900, "three starts of a key at 2 a second");
      assert.deepEqual(got.slice(0, 2).map(({ payload }) => payload).sort(), ["a", "b"]);
      await report(api, "fail", got[0], { error: "odd" });
      const { run_at, ...failed } = (await api.get(`/v1/tasks/${got[0].id}`)).json;
      const pause = Date.parse(run_at) - Date.parse(failed.attempts[0].ended_at);
      assert.ok(pause >= 99 && pause <= 121, `${pause} ms`);
      for (const retry of [{}, { delays_ms: [1], base_ms: 5 }, { cap_ms: 5 }, { base_ms: 5, multiplier: 1 }, { base_ms: 5, cap_ms: 4 }]) {
        refused(await put({ retry }), 422, "retry_form");
      }
      refused(await put({ key_rate_per_s: 0 }), 422, "rate_too_small");
      assert.equal((await put({})).json.retry, null);
    });

    it("queues are listed page by page, and redriven without a word", async () => {
      const name = fresh("paged");
      const made = Array.from({ length: 5 }, (_, i) => `${name}-${i}`);
      for (const queue of made) await create(api, { queue });
      const found = [];
      let path = "/v1/queues?limit=2";
      for (let cursor = ""; cursor !== null; ) {
        const page = (await api.get(path + (cursor && `&cursor=${cursor}`))).json;
        assert.ok(page.data.length <= 2);
        found.push(...page.data.map(({ queue }) => queue));
        cursor = page.next_cursor;
      }
      assert.deepEqual(found, [...new Set(found)].sort());
      assert.deepEqual(found.filter((queue) => queue.startsWith(name)), made);
      refused(await api.get("/v1/queues?cursor=odd"), 400, "invalid_cursor");
      await report(api, "fail", await leaseOne(api, made[0]), { retry: false });
      assert.deepEqual((await api.post(`/v1/queues/${made[0]}/redrive`)).json, { redriven: 1, more: false });
    });

    it("lists are paged and filtered", async () => {
      const queue = fresh("listed");
      const ids = [];
      for (let i = 0; i < 7; ++i) ids.push(await create(api, { queue, payload: i }));
      const found = [];
      let path = `/v1/tasks?queue=${queue}&limit=3`;
      for (let cursor = ""; cursor !== null; ) {
        const page = (await api.get(path + (cursor && `&cursor=${cursor}`))).json;
        found.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      assert.deepEqual(found, ids.toReversed());
      await report(api, "complete", await leaseOne(api, queue));
      assert.deepEqual((await api.get(`/v1/tasks?queue=${queue}&state=done`)).json.data.map(({ id }) => id), [ids[0]]);
      assert.equal((await api.get(`/v1/tasks?queue=${queue}&mode=push`)).json.data.length, 0);
      refused(await api.get("/v1/tasks?state=odd"), 400, "invalid_request");
      refused(await api.post(`/v1/tasks/${ids[0]}/cancel`), 409, "task_ended");
      assert.equal((await api.post(`/v1/tasks/${ids[1]}/cancel`)).json.state, "cancelled");
    });

    it("an Idempotency-Key makes one task of two requests", async () => {
      const queue = fresh("once");
      const headers = { "Idempotency-Key": fresh("key") };
      const first = await api.post("/v1/tasks", { queue, payload: 1 }, { headers });
      const again = await api.post("/v1/tasks", { queue, payload: 1 }, { headers });
      assert.equal(again.status, 201);
      assert.deepEqual(again.json, first.json);
      assert.equal(again.headers["idempotency-replayed"], "true");
      assert.equal((await api.get(`/v1/queues/${queue}`)).json.ready, 1);
    });

    it("tenants see and lease nothing of each other's; scopes hold", async () => {
      const queue = fresh("ours");
      const id = await create(api, { queue, payload: "secret of acme" });
      assert.deepEqual((await lease(other, queue)).json.tasks, []);
      for (const [method, path] of [["GET", ""], ["POST", "/cancel"], ["POST", "/redrive"], ["POST", "/run-now"]]) {
        refused(await other.call(method, `/v1/tasks/${id}${path}`), 404, "task_not_found");
      }
      assert.ok(!(await other.get("/v1/tasks?limit=100")).text.includes("secret of acme"));
      assert.equal((await other.get(`/v1/queues/${queue}`)).json.ready, 0);
      const reader = server.client(server.newKey("acme", "tasks:read"));
      refused(await reader.post("/v1/tasks", { queue, payload: 1 }), 403, "missing_scope");
      refused(await lease(reader, queue), 403, "missing_scope");
      assert.equal((await reader.get(`/v1/tasks/${id}`)).status, 200);
      refused(await reader.get("/v1/tasks/signing-key"), 403, "missing_scope");
      reader.close();
    });
  });
}
