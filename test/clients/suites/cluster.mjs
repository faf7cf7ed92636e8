// Two servers on one database: what is changed through one is true at the other.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, kSlow, sleep } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";

const kWindow_ms = 1000;

export function clusterSuite(kind) {
  describe(`two servers on one ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, run);
    let store, a, b;
    const worst = {};
    before(async () => {
      store = new Store(kind);
      // Both at once on an empty database: both have to come up, with one sample tenant between them.
      const started = await Promise.allSettled([Server.start({ store }), Server.start({ store })]);
      const running = started.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
      if (running.length < 2) {
        for (const server of running) await server.stop();
        throw new Error(`${2 - running.length} of 2 did not start: ${started.map(({ reason }) => reason?.message ?? "started").join(" / ")}`);
      }
      [a, b] = running;
    });
    after(async () => {
      await Promise.all([a?.stop(), b?.stop()]);
      store?.remove();
    });

    // How long it takes until `check` is true, at most kWindow_ms.
    const within = async (what, check) => {
      const began = performance.now();
      await eventually(what, check, kWindow_ms, 1);
      worst[what] = Math.max(worst[what] ?? 0, performance.now() - began);
    };

    it("started at once on an empty database, both serve and one sample tenant is made", async () => {
      const keys = [a.key, b.key].filter((key) => key !== null);
      assert.equal(keys.length, 1, "one banner shows the sample tenant's key");
      for (const server of [a, b]) {
        server.api.key = keys[0];
        assert.equal((await server.api.get("/readyz")).status, 200);
        assert.equal((await server.api.get("/v1/links")).status, 200);
      }
      assert.equal(a.cli("tenant", "list").stdout.trim().split("\n").length, 1);
      assert.notEqual(a.pid, b.pid);
    });

    it("three servers at once on an empty database, again and again", async () => {
      for (let round = 0; round < 4; ++round) {
        const empty = new Store(kind);
        const started = await Promise.allSettled(Array.from({ length: 3 }, () => Server.start({ store: empty })));
        const running = started.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
        const exits = await Promise.all(running.map((server) => server.stop()));
        empty.remove();
        assert.deepEqual(started.map(({ reason }) => reason?.message ?? "started"), Array(3).fill("started"));
        assert.deepEqual(exits.map(({ code }) => code), [0, 0, 0]);
        assert.equal(running.filter((server) => server.key !== null).length, 1);
      }
    });

    it("an update through one is the other's redirect within a second", async () => {
      const { code } = (await a.api.post("/v1/links", { url: "https://example.com/0" })).json;
      await within("a new link", async () => (await b.api.get(`/${code}`)).status === 302);
      for (let i = 1; i <= 50; ++i) {
        const [from, to] = i % 2 ? [a, b] : [b, a];
        const url = `https://example.com/${i}`;
        await to.api.get(`/${code}`);  // in its memory
        assert.equal((await from.api.patch(`/v1/links/${code}`, { url })).status, 200);
        assert.equal((await from.api.get(`/${code}`)).headers.location, url, "at once where it was changed");
        await within("an update", async () => (await to.api.get(`/${code}`)).headers.location === url);
      }
      await a.api.patch(`/v1/links/${code}`, { enabled: false });
      await within("a link switched off", async () => (await b.api.get(`/${code}`)).status === 410);
    });

    it("a code asked for before it exists is known everywhere once it does", async () => {
      for (let i = 0; i < 10; ++i) {
        const code = `early-${i}`;
        assert.equal((await b.api.get(`/${code}`)).status, 404);
        assert.equal((await a.api.post("/v1/links", { url: "https://example.com/", code })).status, 201);
        await within("a link that was unknown", async () => (await b.api.get(`/${code}`)).status === 302);
      }
    });

    it("a key revoked at one is refused by the other within a second", async () => {
      const made = (await a.api.post("/v1/keys", { scopes: ["links:read"] })).json;
      const client = b.client(made.key);
      assert.equal((await client.get("/v1/links")).status, 200);
      assert.equal((await a.api.delete(`/v1/keys/${made.id}`)).status, 204);
      await within("a revoked key", async () => (await client.get("/v1/links")).status === 401);
      client.close();
    });

    it("codes are unique and duplicates happen once, whichever server is asked", async () => {
      const made = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? a : b).api.post("/v1/links", { url: `https://example.com/many/${i}` })));
      assert.ok(made.every((answer) => answer.status === 201));
      assert.equal(new Set(made.map((answer) => answer.json.code)).size, 200);
      const body = { url: "https://example.com/once" };
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).api.post("/v1/links", body, { headers: { "Idempotency-Key": "both" } })));
      for (const answer of answers) {
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.json.code, answers[0].json.code);
      }
      const taken = await Promise.all([a, b].map((server) => server.api.post("/v1/links", { url: "https://example.com/", code: "same-code" })));
      assert.deepEqual(taken.map((answer) => answer.status).sort(), [201, 409]);
    });

    it("clicks at both are counted together", async () => {
      const { code } = (await a.api.post("/v1/links", { url: "https://example.com/clicked" })).json;
      await within("a new link", async () => (await b.api.get(`/${code}`)).status === 302);
      const seen = 1;
      for (let i = 0; i < 20; ++i) await Promise.all([a.api.get(`/${code}`), b.api.get(`/${code}`)]);
      await eventually("all clicks are counted", async () => (await a.api.get(`/v1/links/${code}/stats`)).json.clicks >= 40 + seen);
      await sleep(600 * kSlow);
      const { clicks } = (await b.api.get(`/v1/links/${code}/stats`)).json;
      assert.equal(clicks, 40 + seen);
      for (const [what, ms] of Object.entries(worst)) console.log(`    ${what}: at the other server after ${Math.round(ms)} ms at most`);
    });
  });
}
