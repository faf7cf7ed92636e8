// Tasks as their users meet them: created, leased, reported, awaited. (Steering, queues, tenants: tasks_steering.mjs.)
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { eventually, kSlow, sleep } from "../support/process.mjs";
import { Program } from "../support/program.mjs";
import { Server } from "../support/server.mjs";
import { create, fresh, lease, leaseOne, refused, report, stateOf } from "../support/tasks.mjs";

const kScopes = ["tasks:read", "tasks:write"];

export function tasksSuite(kind) {
  describe(`tasks on ${kind}`, { timeout: 300_000 }, () => {
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

    it("a task is created, leased, completed, and its life can be read", async () => {
      const queue = fresh("life");
      const created = await api.post("/v1/tasks", { queue, payload: { image: "cat.png" }, max_attempts: 3 });
      assert.equal(created.status, 201, created.text);
      assert.deepEqual({ state: created.json.state, existed: created.json.existed }, { state: "ready", existed: false });
      assert.match(created.json.id, /^[1-9]\d*$/);
      assert.equal(created.headers.location, `/v1/tasks/${created.json.id}`);
      const task = await leaseOne(api, queue, { worker: "one" });
      assert.equal(task.id, created.json.id);
      assert.deepEqual(task.payload, { image: "cat.png" });
      assert.equal(task.attempt, 1);
      assert.equal(await stateOf(api, task.id), "running");
      const done = await report(api, "complete", task, { result: { bytes: 17 } });
      assert.equal(done.status, 200, done.text);
      assert.deepEqual(done.json, { id: task.id, state: "done" });
      const seen = (await api.get(`/v1/tasks/${task.id}`)).json;
      assert.equal(seen.state, "done");
      assert.equal(seen.mode, "pull");
      assert.deepEqual(seen.result, { bytes: 17 });
      assert.deepEqual(seen.attempts, []);
      assert.deepEqual(seen.timeline.map(({ what }) => what), ["created", "started", "done"]);
      assert.deepEqual((await lease(api, queue)).json, { tasks: [] });
    });

    it("any JSON comes back as the same JSON", async () => {
      const queue = fresh("same");
      const values = [null, true, 0, -1.5, "", "ünï\"\\\n\t\u2028", [], {}, [[], [null, { a: [] }]], { z: 1, a: { b: [1, 2, { c: "d" }] } },
        9007199254740991, "x".repeat(200_000), Array.from({ length: 20_000 }, (_, i) => i)];
      for (const payload of values) {
        const id = await create(api, { queue, payload });
        const task = await leaseOne(api, queue);
        assert.equal(task.id, id);
        assert.deepEqual(task.payload, payload);
        assert.equal(JSON.stringify(task.payload), JSON.stringify(payload));  // the order of members too
        await report(api, "complete", task);
      }
      refused(await api.post("/v1/tasks", { queue, payload: "x".repeat(256 * 1024) }), 422, "payload_too_large");
      refused(await api.post("/v1/tasks", { queue }), 422, "invalid_request");
      refused(await api.post("/v1/tasks", { queue: "no/slash", payload: 1 }), 422, "invalid_request");
      refused(await api.post("/v1/tasks", { queue, payload: 1, run_at: "2030-01-01T00:00:00Z", delay_ms: 5 }), 422, "run_at_and_delay");
    });

    it("an empty queue answers at once; with wait_ms when the wait is over", async () => {
      const queue = fresh("empty");
      let began = performance.now();
      assert.deepEqual((await lease(api, queue)).json, { tasks: [] });
      assert.ok(performance.now() - began < 500 * kSlow);
      began = performance.now();
      assert.deepEqual((await lease(api, queue, { wait_ms: 700 })).json, { tasks: [] });
      const took = performance.now() - began;
      assert.ok(took >= 690 && took < 1500 * kSlow, `${took} ms`);
      refused(await lease(api, queue, { wait_ms: 60_001 }), 422, "invalid_request");
    });

    it("who waits gets a task as soon as there is one", async () => {
      const queue = fresh("waits");
      const took = [];
      for (let i = 0; i < 20; ++i) {
        const waiting = lease(api, queue, { wait_ms: 20_000 });
        await sleep(20);
        const began = performance.now();
        const id = await create(api, { queue, payload: i });
        const { tasks } = (await waiting).json;
        took.push(performance.now() - began);
        assert.deepEqual(tasks.map((task) => task.id), [id]);
        await report(api, "complete", tasks[0]);
      }
      took.sort((a, b) => a - b);
      console.log(`${kind}: from create to the waiting worker: median ${took[10].toFixed(1)} ms, worst ${took[19].toFixed(1)} ms`);
      assert.ok(took[10] < 100 * kSlow, `median ${took[10]} ms`);
    });

    it("a task that becomes due, and one whose lease runs out, reach those who wait", async () => {
      const queue = fresh("due");
      const id = await create(api, { queue, delay_ms: 400 });
      assert.equal(await stateOf(api, id), "scheduled");
      const began = performance.now();
      const [task] = (await lease(api, queue, { wait_ms: 10_000, lease_ms: 500 })).json.tasks;
      assert.equal(task.id, id);
      const waited = performance.now() - began;
      assert.ok(waited > 300 && waited < 2500 * kSlow, `${waited} ms`);
      const again = (await lease(api, queue, { wait_ms: 10_000 })).json.tasks[0];
      assert.equal(again.id, id);
      assert.equal(again.attempt, 2);
      await report(api, "complete", again);
    });

    it("asynq#1144, #334: a lost lease can do nothing, the next one can do all", async () => {
      const queue = fresh("lost");
      const id = await create(api, { queue });
      const first = await leaseOne(api, queue, { lease_ms: 200 });
      await sleep(300);
      const second = await leaseOne(api, queue);
      assert.equal(second.id, id);
      assert.equal(second.attempt, 2);
      assert.notEqual(second.lease_token, first.lease_token);
      for (const [what, body] of [["complete", {}], ["fail", { error: "x" }], ["heartbeat", {}], ["snooze", { delay_ms: 1 }]]) {
        refused(await report(api, what, first, body), 409, "lease_lost");
      }
      assert.equal(await stateOf(api, id), "running");
      assert.equal((await report(api, "complete", second)).status, 200);
      const seen = (await api.get(`/v1/tasks/${id}`)).json;
      assert.equal(seen.state, "done");
      assert.deepEqual(seen.attempts.map(({ attempt, error }) => ({ attempt, error })), [{ attempt: 1, error: "lease ran out" }]);
    });

    it("a lease that ran out and is nobody's yet may still be reported on", async () => {
      const queue = fresh("late");
      const id = await create(api, { queue });
      const task = await leaseOne(api, queue, { lease_ms: 150 });
      await sleep(250);
      assert.equal((await report(api, "complete", task)).status, 200);
      assert.equal(await stateOf(api, id), "done");
    });

    it("tokens cannot be made up, moved to another task, or used by another tenant", async () => {
      const queue = fresh("forged");
      const ids = [await create(api, { queue }), await create(api, { queue })];
      const tasks = (await lease(api, queue)).json.tasks;
      assert.deepEqual(tasks.map(({ id }) => id), ids);
      const token = tasks[0].lease_token;
      const changed = [...token].map((c, i) => token.slice(0, i) + (c === "A" ? "B" : "A") + token.slice(i + 1));
      for (const bad of ["", "x", "0".repeat(40), token.slice(0, -1), token + "A", tasks[1].lease_token, ...changed]) {
        refused(await report(api, "complete", { id: tasks[0].id, lease_token: bad }), 409, "lease_lost");
      }
      refused(await report(other, "complete", tasks[0]), 404, "task_not_found");
      refused(await report(api, "complete", { id: "1000000000", lease_token: token }), 404, "task_not_found");
      refused(await report(api, "complete", { id: "none", lease_token: token }), 404, "task_not_found");
      for (const task of tasks) assert.equal((await report(api, "complete", task)).status, 200);
    });

    it("completing again with the same lease is no error: the answer may have been lost", async () => {
      const queue = fresh("twice");
      await create(api, { queue });
      const task = await leaseOne(api, queue);
      assert.equal((await report(api, "complete", task, { result: 1 })).status, 200);
      assert.equal((await report(api, "complete", task, { result: 2 })).status, 200);
      assert.deepEqual((await api.get(`/v1/tasks/${task.id}`)).json.result, 1);
      refused(await report(api, "fail", task), 409, "lease_lost");
      refused(await report(api, "complete", task, { result: "x".repeat(3000) }), 422, "result_too_large");
    });

    it("heartbeats keep a lease, not beyond the task's timeout, and tell of a cancellation", async () => {
      const queue = fresh("beats");
      const id = await create(api, { queue, timeout_ms: 1500 });
      const task = await leaseOne(api, queue, { lease_ms: 400 });
      for (let i = 0; i < 3; ++i) {
        await sleep(250);
        const kept = await report(api, "heartbeat", task, { lease_ms: 400 });
        assert.equal(kept.status, 200, kept.text);
        assert.equal(kept.json.cancel_asked, false);
      }
      assert.deepEqual((await lease(api, queue)).json.tasks, []);
      assert.equal((await api.post(`/v1/tasks/${id}/cancel`)).status, 200);
      const told = await report(api, "heartbeat", task, { lease_ms: 60_000 });
      assert.equal(told.json.cancel_asked, true);
      assert.ok(Date.parse(told.json.lease_until) <= Date.parse(task.deadline) + 5, told.text);
      await sleep(Math.max(0, Date.parse(task.deadline) - Date.now()) + 20);
      refused(await report(api, "heartbeat", task), 409, "lease_lost");
      assert.equal((await report(api, "fail", task, { cancelled: true })).json.state, "cancelled");
      assert.equal(await stateOf(api, id), "cancelled");
    });

    it("no lease is longer than the task's timeout: a worker that hangs holds nothing", async () => {
      const queue = fresh("hangs");
      const id = await create(api, { queue, timeout_ms: 1000 });
      const task = await leaseOne(api, queue, { lease_ms: 3600_000 });
      assert.ok(Date.parse(task.lease_until) <= Date.parse(task.deadline) + 5, JSON.stringify(task));
      await sleep(1300);
      assert.equal((await leaseOne(api, queue)).id, id);
    });

    it("a heartbeat that names no time gives as much as the lease had", async () => {
      const queue = fresh("long");
      await create(api, { queue, timeout_ms: 3600_000 });
      const task = await leaseOne(api, queue, { lease_ms: 300_000 });
      const kept = await report(api, "heartbeat", task);
      assert.ok(Date.parse(kept.json.lease_until) >= Date.parse(task.lease_until), kept.text);
    });

    it("workers that are killed lose no task: others finish what they had begun", async () => {
      const queue = fresh("killed");
      const ids = [];
      for (let i = 0; i < 12; ++i) ids.push(await create(api, { queue, payload: { sleep_ms: i < 4 ? 60_000 : 5 } }));
      const doomed = new Program("pull_worker.mjs", server.origin, api.key, queue, "1000");
      const begun = await doomed.until("the worker starts a task", ({ step }) => step === "started");
      await doomed.kill();
      const hanging = doomed.lines.filter(({ step }) => step === "started").map(({ id }) => id);
      assert.ok(hanging.includes(begun.id));
      // What would hang for a minute is made short: by cancelling it and creating it anew.
      for (const id of ids.slice(0, 4)) await api.post(`/v1/tasks/${id}/cancel`);
      const worker = new Program("pull_worker.mjs", server.origin, api.key, queue, "1000");
      try {
        await eventually("all short tasks are done", async () => {
          const states = await Promise.all(ids.slice(4).map((id) => stateOf(api, id)));
          return states.every((state) => state === "done");
        }, 20_000);
      } finally {
        await worker.kill();
      }
    });

    it("a worker's failure is written down with its words", async () => {
      const queue = fresh("words");
      const worker = new Program("pull_worker.mjs", server.origin, api.key, queue);
      try {
        const id = await create(api, { queue, payload: { fail: "the printer is on fire" }, max_attempts: 1 });
        await eventually("the task is dead", async () => (await stateOf(api, id)) === "dead");
        assert.equal((await api.get(`/v1/tasks/${id}`)).json.error, "the printer is on fire");
      } finally {
        await worker.kill();
      }
    });

    it("a client that has left gets no task", async () => {
      const queue = fresh("left");
      const socket = http.request(`${server.origin}/v1/queues/${queue}/lease`, { method: "POST", headers: { Authorization: `Bearer ${api.key}`, "Content-Type": "application/json" } });
      socket.on("error", () => {});
      socket.end(JSON.stringify({ max: 1, lease_ms: 60_000, wait_ms: 30_000 }));
      await sleep(200);
      socket.destroy();
      await sleep(100);
      const id = await create(api, { queue });
      assert.equal((await leaseOne(api, queue, { wait_ms: 3000 })).id, id);
    });
  });

  describe(`tasks and long polls on ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 60_000 }, run);

    it("those who wait hold no worker, and are answered when the server stops", async () => {
      const server = await Server.start({ store: kind, sets: { workers: 2, worker_queue: 256 } });
      const waiting = server.api;
      waiting.agent.maxSockets = 200;
      const polls = Array.from({ length: 100 }, (_, i) => lease(waiting, `poll-${i % 10}`, { wait_ms: 50_000 }));
      await eventually("all wait", async () => /ashlar_tasks_lease_waits (\d+)/.exec((await server.api.get("/metrics")).text)?.[1] === "100");
      const began = performance.now();
      for (let i = 0; i < 20; ++i) assert.equal((await server.api.get("/v1/queues")).status, 200);
      assert.ok(performance.now() - began < 2000 * kSlow, "two workers answer beside a hundred who wait");
      const id = await create(server.api, { queue: "poll-3" });
      const winner = await Promise.race(polls.map(async (poll) => (await poll).json.tasks));
      assert.deepEqual(winner.map((task) => task.id), [id]);
      const stopped = performance.now();
      server.terminate();
      const answers = await Promise.all(polls);
      assert.equal(answers.filter(({ status }) => status === 200).length, 100);
      assert.equal((await server.exited).code, 0);
      assert.ok(performance.now() - stopped < 8000 * kSlow);
      await server.stop();
    });

    it("what was leased when the server was killed is there afterwards, and so is what was done", async () => {
      const { Store } = await import("../support/server.mjs");
      const store = new Store(kind);
      let server = await Server.start({ store });
      const key = server.key;
      const ids = [];
      for (let i = 0; i < 10; ++i) ids.push(await create(server.api, { queue: "crash", payload: i }));
      const tasks = (await lease(server.api, "crash", { max: 4, lease_ms: 2000 })).json.tasks;
      for (const task of tasks.slice(0, 2)) assert.equal((await report(server.api, "complete", task)).status, 200);
      await server.kill();
      await store.settled();
      server = await Server.start({ store });
      server.api.key = key;
      assert.equal(await stateOf(server.api, tasks[0].id), "done");
      // The workers live on, and so do their leases.
      assert.equal((await report(server.api, "complete", tasks[2])).status, 200);
      const seen = new Set();
      await eventually("the others are leased, the one that nobody reported on too", async () => {
        for (const task of (await lease(server.api, "crash")).json.tasks) {
          assert.ok(!seen.has(task.id));
          seen.add(task.id);
        }
        return seen.size === 7;
      }, 10_000);
      assert.deepEqual([...seen].sort(), ids.filter((id) => !tasks.slice(0, 3).some((task) => task.id === id)).sort());
      await server.stop();
      store.remove();
    });
  });
}
