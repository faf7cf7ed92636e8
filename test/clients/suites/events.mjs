// The log of events as tenants and operators see it, read by CloudEvents' own library.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HTTP } from "cloudevents";
import { eventually } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

const kUuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function eventsSuite(kind) {
  describe(`events on ${kind}`, { timeout: 120_000 }, () => {
    let server, api, admin;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
      const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
      const claimed = await api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
      assert.equal(claimed.status, 200, claimed.text);
      admin = { key: null, headers: { ...ask.headers, Cookie: claimed.headers["set-cookie"][0].split(";")[0] } };
    });
    after(() => server?.stop());

    const events = async (query = "", client = api) => {
      const answer = await client.get(`/v1/events${query}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };

    it("what is done to links stands in the log, with the link", async () => {
      const made = (await api.post("/v1/links", { url: "https://example.com/0" })).json;
      const own = (await api.post("/v1/links", { url: "https://example.com/1", code: "chosen" })).json;
      assert.equal((await api.patch(`/v1/links/${own.code}`, { url: "https://example.com/2" })).status, 200);
      assert.equal((await api.post("/v1/links", { url: "https://example.com/3", code: "chosen" })).status, 409);
      const { data } = await events();
      assert.deepEqual(data.slice(0, 3).map(({ type, aggregate_id }) => [type, aggregate_id]), [
        ["link.updated", "chosen"], ["link.created", "chosen"], ["link.created", made.code]]);
      const [updated, created, generated] = data;
      assert.match(updated.id, kUuid7);
      assert.equal(updated.aggregate_type, "link");
      assert.equal(updated.data.url, "https://example.com/2");
      assert.equal(updated.data.version, 2);
      assert.deepEqual([created.data.chosen_code, generated.data.chosen_code], [true, false]);
      assert.ok(BigInt(updated.sequence) > BigInt(created.sequence));
      assert.match(updated.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    });

    it("the log is filtered and paged", async () => {
      for (let i = 0; i < 5; ++i) await api.patch("/v1/links/chosen", { url: `https://example.com/page/${i}` });
      assert.ok((await events("?type=link.created")).data.every(({ type }) => type === "link.created"));
      assert.equal((await events("?type=link.*&aggregate_id=chosen&aggregate_type=link")).data.length, 7);
      assert.equal((await events("?aggregate_type=other")).data.length, 0);
      const seen = [];
      for (let query = "?limit=3"; ;) {
        const page = await events(query);
        seen.push(...page.data.map(({ id }) => id));
        if (page.next_cursor === null) break;
        assert.equal(page.data.length, 3);
        query = `?limit=3&cursor=${page.next_cursor}`;
      }
      const all = (await events("?limit=100")).data.map(({ id }) => id);
      assert.deepEqual(seen, all);
      assertProblem(await api.get("/v1/events?type=LINK"), 400, "invalid_request", "?type");
      assertProblem(await api.get("/v1/events?format=xml"), 400, "invalid_request", "?format");
      assertProblem(await api.get("/v1/events?cursor=x"), 400, "invalid_cursor", "?cursor");
    });

    it("as CloudEvents they are what CloudEvents' own library takes", async () => {
      const { data } = await events("?format=cloudevents&limit=100");
      const plain = (await events("?limit=100")).data;
      assert.equal(data.length, plain.length);
      for (const [i, json] of data.entries()) {
        const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body: JSON.stringify(json) });
        assert.equal(event.specversion, "1.0");
        assert.equal(event.id, plain[i].id);
        assert.equal(event.source, server.origin);
        assert.equal(event.type, plain[i].type);
        assert.equal(event.subject, `link/${plain[i].aggregate_id}`);
        assert.deepEqual(event.data, plain[i].data);
        assert.equal(Date.parse(event.time), Date.parse(plain[i].time));
        assert.equal(event.sequence, plain[i].sequence);
        event.validate();
      }
    });

    it("nobody sees another tenant's, nor without the scope", async () => {
      server.newTenant("other");
      const other = server.client(server.newKey("other", "events:read", "links:write"));
      assert.deepEqual((await events("", other)).data, []);
      assert.equal((await other.post("/v1/links", { url: "https://example.com/other" })).status, 201);
      assert.equal((await events("", other)).data.length, 1);
      assert.ok((await events("?limit=100")).data.every(({ data }) => data.url !== "https://example.com/other"));
      const without = server.client(server.newKey("demo", "links:read"));
      assert.equal((await without.get("/v1/events")).status, 403);
      other.close();
      without.close();
    });

    it("the operator sees who consumes, and has events consumed again", async () => {
      const consumers = (await api.get("/v1/events/consumers", admin)).json.data;
      const names = consumers.map(({ name }) => name);
      assert.deepEqual(names, [...names].sort());
      assert.ok(names.length > 0, "nobody consumes events");
      const [name] = names;
      await eventually("it has passed all events", async () => {
        const { data } = (await api.get("/v1/events/consumers", admin)).json;
        return data.every(({ lag_events, lag_ms, parked, dead, owner }) => lag_events === 0 && lag_ms === 0 && parked === 0 && dead === 0 && owner);
      });
      const replayed = await api.post(`/v1/events/consumers/${name}/replay`, { aggregate_type: "link", aggregate_id: "chosen" }, admin);
      assert.equal(replayed.status, 202, replayed.text);
      assert.ok(replayed.json.events === 7 || replayed.json.events === 0, replayed.text);  // 0: it does not want links
      const none = await api.post(`/v1/events/consumers/${name}/replay`, { tenant: "999999" }, admin);
      assert.deepEqual([none.status, none.json], [202, { events: 0 }]);
      assertProblem(await api.post("/v1/events/consumers/nobody/replay", {}, admin), 404, "consumer_not_found");
      assertProblem(await api.post(`/v1/events/consumers/${name}/replay`, { from: "yesterday" }, admin), 422, "invalid_request", "/from");
      await eventually("what was replayed is consumed", async () => (await api.get("/v1/events/consumers", admin)).json.data.every(({ parked }) => parked === 0));
      const dead = await api.get("/v1/events/dead-letters", admin);
      assert.deepEqual(dead.json, { data: [], next_cursor: null });
      assertProblem(await api.post("/v1/events/dead-letters/1/replay", {}, admin), 404, "dead_letter_not_found");
      assertProblem(await api.post("/v1/events/dead-letters/x/replay", undefined, admin), 404, "dead_letter_not_found");
    });

    it("a tenant's key opens none of that", async () => {
      for (const path of ["/v1/events/consumers", "/v1/events/dead-letters"]) {
        const { status } = await api.get(path);
        assert.ok(status === 401 || status === 403, `${path}: ${status}`);
      }
    });

    it("a tenant's events are exported, and erased with it", async () => {
      const key = server.newKey("other", "links:write");
      const other = server.client(key);
      await other.post("/v1/links", { url: "https://example.com/exported" });
      other.close();
      const lines = server.cli("tenant", "export", "other").stdout.trim().split("\n").map((line) => JSON.parse(line));
      const exported = lines.filter(({ module, table }) => module === "events" && table === "outbox");
      assert.equal(exported.length, 2);
      assert.equal(exported[0].data.url, "https://example.com/exported");
      const erased = server.cli("tenant", "delete", "other", "--yes");
      assert.equal(erased.code, 0, erased.stderr);
    });
  });
}

// Two servers on one database; suites/cluster.mjs has how fast they are when nothing is in the way.
export function eventsAcrossSuite(kind) {
  describe(`events across two servers on ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, run);
    let store, a, b;
    before(async () => {
      store = new Store(kind);
      a = await Server.start({ store });
      b = await Server.start({ store });
      b.api.key = a.key;
    });
    after(async () => {
      await Promise.all([a?.stop(), b?.stop()]);
      store?.remove();
    });
    const cutNotices = () => store.database.query(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");

    it("a change reaches the other server's cache by the log, where notices are cut", async () => {
      const { code } = (await a.api.post("/v1/links", { url: "https://example.com/0" })).json;
      let cut = 0, worst = 0;
      for (let i = 1; i <= 8; ++i) {
        assert.equal((await b.api.get(`/${code}`)).headers.location, `https://example.com/${i - 1}`);  // in its memory
        cut += Number(cutNotices());
        assert.equal((await a.api.patch(`/v1/links/${code}`, { url: `https://example.com/${i}` })).status, 200);
        const began = performance.now();
        await eventually("the change is there", async () => (await b.api.get(`/${code}`)).headers.location === `https://example.com/${i}`, 3000, 5);
        worst = Math.max(worst, performance.now() - began);
      }
      assert.ok(cut > 0, "no connection listened");
      console.log(`    with notices cut: at the other server after ${Math.round(worst)} ms at most`);
    });

    it("one of the two works each consumer, and the other takes over when it has ended", async () => {
      const owners = () => store.database.query("SELECT DISTINCT owner FROM event_consumers WHERE lease_until > extract(epoch FROM now()) * 1000000").split("\n").filter(Boolean);
      await eventually("somebody has the leases", () => owners().length > 0);
      const [first] = owners();
      const pid = Number(first.split(":").at(-2));  // host:process:…
      const [leaving, staying] = pid === a.pid ? [a, b] : [b, a];
      await leaving.stop();
      await eventually("the other one has all of them", () => {
        const now = owners();
        return now.length === 1 && now[0] !== first;
      });
      const { code } = (await staying.api.post("/v1/links", { url: "https://example.com/after" })).json;
      await eventually("what happens now is consumed", () => store.database.query(
        `SELECT count(*) FROM outbox AS o WHERE aggregateid = '${code}' AND NOT EXISTS (SELECT 1 FROM event_consumers AS c WHERE NOT pg_visible_in_snapshot(o.xid, c.from_snapshot::pg_snapshot))`) === "1", 15_000);
    });
  });
}
