// Idempotency-Key on every POST that creates, scopes and tenants: who may do what, and how often it happens.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

export function idempotencySuite(kind) {
  describe(`idempotency on ${kind}`, { timeout: 120_000 }, () => {
    let server, api, other;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
      server.newTenant("other");
      other = server.client(server.newKey("other", "links:read", "links:write"));
    });
    after(() => {
      other?.close();
      return server?.stop();
    });

    const post = (client, body, key, headers = {}) => client.post("/v1/links", body, { headers: { "Idempotency-Key": key, ...headers } });
    const countOf = async (client, text) => (await client.get(`/v1/links?limit=100&q=${encodeURIComponent(text)}`)).json.data.length;

    it("a repeat gets the first answer again and does nothing", async () => {
      const body = { url: "https://example.com/replayed" };
      const first = await post(api, body, "order-1");
      assert.equal(first.status, 201);
      assert.equal(first.headers["idempotency-replayed"], undefined);
      for (const key of ["order-1", '"order-1"']) {  // bare and quoted are the same key
        const again = await post(api, body, key);
        assert.equal(again.status, 201);
        assert.equal(again.headers["idempotency-replayed"], "true");
        assert.deepEqual(again.body, first.body);
        assert.equal(again.headers.location, first.headers.location);
        assert.equal(again.headers.etag, first.headers.etag);
      }
      assert.equal(await countOf(api, "/replayed"), 1);
      const fresh = await post(api, body, "order-2");
      assert.notEqual(fresh.json.code, first.json.code);
    });

    it("the answer stays the first one even when the link has changed since", async () => {
      const first = await post(api, { url: "https://example.com/before" }, "order-3");
      await api.patch(`/v1/links/${first.json.code}`, { url: "https://example.com/after" });
      assert.deepEqual((await post(api, { url: "https://example.com/before" }, "order-3")).body, first.body);
    });

    it("another request under a used key is refused", async () => {
      await post(api, { url: "https://example.com/used" }, "order-4");
      assertProblem(await post(api, { url: "https://example.com/misused" }, "order-4"), 422, "idempotency_key_reused");
      const keys = await api.post("/v1/keys", { scopes: ["links:read"] }, { headers: { "Idempotency-Key": "order-4" } });
      assertProblem(keys, 422, "idempotency_key_reused");
      assert.equal(await countOf(api, "/misused"), 0);
    });

    it("an error uses no key up", async () => {
      assert.equal((await post(api, { url: "gopher://example.com/" }, "order-5")).status, 422);
      assert.equal((await post(api, { url: "https://example.com/mended" }, "order-5")).status, 201);
    });

    it("a key belongs to its tenant", async () => {
      const body = { url: "https://example.com/whose" };
      const mine = await post(api, body, "shared-name");
      const theirs = await post(other, body, "shared-name");
      assert.equal(theirs.status, 201);
      assert.equal(theirs.headers["idempotency-replayed"], undefined);
      assert.notEqual(theirs.json.code, mine.json.code);
    });

    it("of many at the same moment one happens, and all get its answer", async () => {
      for (const code of [undefined, "one-of-many"]) {
        const mark = `https://example.com/at-once-${code ?? "made"}`;
        const body = code ? { url: mark, code } : { url: mark };
        const answers = await Promise.all(Array.from({ length: 24 }, () => post(api, body, `at-once-${code}`)));
        for (const answer of answers) {
          assert.equal(answer.status, 201, answer.text);
          assert.deepEqual(answer.body, answers[0].body);
        }
        assert.equal(answers.filter((answer) => answer.headers["idempotency-replayed"] !== "true").length, 1);
        assert.equal(await countOf(api, mark), 1);
      }
    });

    it("what is no key is refused", async () => {
      for (const key of ["", "two words", '"open', "x".repeat(256), '""']) {
        const refused = await post(api, { url: "https://example.com/badkey" }, key);
        if (key === "") continue;  // as if there were none
        assertProblem(refused, 400, "bad_idempotency_key");
      }
      assert.equal((await post(api, { url: "https://example.com/longkey" }, "x".repeat(255))).status, 201);
    });

    it("a secret that is shown once is not shown again by a repeat", async () => {
      const body = { scopes: ["links:read"], name: "once" };
      const ask = () => api.post("/v1/keys", body, { headers: { "Idempotency-Key": "key-once" } });
      const first = await ask();
      assert.equal(first.status, 201);
      assert.equal(first.headers["cache-control"], "no-store");
      const again = await ask();
      assert.equal(again.status, 201);
      assert.equal(again.headers["idempotency-replayed"], "true");
      assert.equal(again.headers["cache-control"], "no-store");
      assert.equal(again.headers.location, first.headers.location);
      const { key, ...rest } = first.json;
      assert.deepEqual(again.json, rest);
      assert.ok(!again.text.includes(key));
      const named = (await api.get("/v1/keys?limit=100")).json.data.filter((key) => key.name === "once");
      assert.equal(named.length, 1);
    });

    it("scopes decide", async () => {
      const reader = server.client(server.newKey("demo", "links:read"));
      const writer = server.client(server.newKey("demo", "links:write"));
      const { code } = (await writer.post("/v1/links", { url: "https://example.com/" })).json;
      assert.equal((await reader.get(`/v1/links/${code}`)).status, 200);
      for (const refused of [
        await reader.post("/v1/links", { url: "https://example.com/" }), await reader.patch(`/v1/links/${code}`, { enabled: false }),
        await writer.get("/v1/links"), await writer.get(`/v1/links/${code}/stats`), await reader.get("/v1/keys"),
        await reader.post("/v1/keys", { scopes: ["links:read"] }),
      ]) assertProblem(refused, 403, "missing_scope");
      const keeper = server.client(server.newKey("demo", "keys:write", "links:read"));
      assertProblem(await keeper.post("/v1/keys", { scopes: ["links:write"] }), 403, "scope_not_held");
      assert.equal((await keeper.post("/v1/keys", { scopes: ["links:read"] })).status, 201);
      for (const client of [reader, writer, keeper]) client.close();
    });

    it("who shows no key, or a wrong one, gets 401", async () => {
      const good = server.key;
      const swapped = good.slice(0, -1) + (good.endsWith("a") ? "b" : "a");
      for (const [authorization, reason] of [
        [undefined, "missing_credentials"], ["Bearer", "bad_authorization"], ["Basic dXNlcjpwYXNz", "bad_authorization"],
        ["Bearer nonsense", "invalid_api_key"], [`Bearer ${swapped}`, "invalid_api_key"], [`Bearer ${good} ${good}`, "bad_authorization"],
      ]) {
        const refused = await api.get("/v1/links", { key: null, headers: authorization ? { Authorization: authorization } : {} });
        assertProblem(refused, 401, reason);
        assert.match(refused.headers["www-authenticate"], /^Bearer/);
      }
      assert.equal((await api.get("/v1/links", { key: null, headers: { Authorization: `bearer  ${good}` } })).status, 200);
    });

    it("keys are made, listed, used, revoked over HTTP", async () => {
      const made = await api.post("/v1/keys", { name: "importer", scopes: ["links:read", "links:write"] });
      assert.equal(made.status, 201);
      assert.match(made.json.key, /^ashlar_sk_[0-9A-Za-z]{50}$/);
      assert.ok(made.json.key.startsWith(made.json.prefix) && made.json.prefix.length < 30);
      assert.match(made.json.id, /^\d+$/);
      const client = server.client(made.json.key);
      assert.equal((await client.get("/v1/links")).status, 200);
      const listed = (await api.get("/v1/keys?limit=100")).json.data.find((key) => key.id === made.json.id);
      assert.deepEqual(listed.scopes, ["links:read", "links:write"]);
      assert.equal(listed.key, undefined);
      assert.ok(!JSON.stringify(listed).includes(made.json.key));
      assert.equal((await api.delete(`/v1/keys/${made.json.id}`)).status, 204);
      assertProblem(await client.get("/v1/links"), 401, "invalid_api_key");
      assertProblem(await api.delete("/v1/keys/1234567890"), 404, "key_not_found");
      client.close();
    });

    it("a key ends at its expiry", async () => {
      const made = await api.post("/v1/keys", { scopes: ["links:read"], expires_at: new Date(Date.now() + 1500).toISOString() });
      const client = server.client(made.json.key);
      assert.equal((await client.get("/v1/links")).status, 200);
      const refused = await eventually("the key expires", async () => {
        const answer = await client.get("/v1/links");
        return answer.status === 401 && answer;
      });
      assertProblem(refused, 401, "expired_api_key");
      client.close();
    });

    it("keys by the command line, beside the running server", async () => {
      const made = server.cli("key", "create", "--tenant", "demo", "--scope", "links:write", "--scope", "links:read");
      assert.equal(made.code, 0, made.stderr);
      assert.match(made.stdout, /^ashlar_sk_[0-9A-Za-z]{50}\n$/);
      assert.equal(made.stderr, "");
      const client = server.client(made.stdout.trim());
      assert.equal((await client.post("/v1/links", { url: "https://example.com/" })).status, 201);
      const listed = (await api.get("/v1/keys?limit=100")).json.data.find((key) => made.stdout.startsWith(key.prefix));
      assert.ok(server.cli("key", "list", "--tenant", "demo").stdout.includes(listed.id));

      const revoked = server.cli("key", "revoke", "--tenant", "demo", listed.id);
      const since = performance.now();
      assert.equal(revoked.code, 0, revoked.stderr);
      await eventually("the revoked key is refused", async () => (await client.get("/v1/links")).status === 401, 1000, 5);
      console.log(`    ${kind}: a key revoked beside the server was refused ${Math.round(performance.now() - since)} ms later`);
      client.close();
      for (const [args, code] of [
        [["key", "create", "--tenant", "nobody", "--scope", "links:read"], 1], [["key", "create", "--tenant", "demo", "--scope", "no:such"], 1],
        [["key", "revoke", "--tenant", "demo", "12345"], 1], [["key", "revoke", "--tenant", "other", listed.id], 1], [["key", "create", "--tenant", "demo"], 2],
      ]) {
        const refused = server.cli(...args);
        assert.equal(refused.code, code, args.join(" "));
        assert.equal(refused.stdout, "");
        assert.match(refused.stderr, /^ashlar: [^\n]+\n$/);
      }
    });

    it("tenants by the command line, beside the running server", async () => {
      assert.match(server.newTenant("acme"), /^\d+$/);
      assert.equal(server.cli("tenant", "create", "acme").code, 1);
      assert.equal(server.cli("tenant", "create", "No Name").code, 1);
      assert.deepEqual(server.cli("tenant", "list").stdout.trim().split("\n").map((line) => line.split("\t")[1]).sort(), ["acme", "demo", "other"]);
      const acme = server.client(server.newKey("acme", "links:read", "links:write"));
      const { code } = (await acme.post("/v1/links", { url: "https://example.com/of-acme" })).json;
      await acme.get(`/${code}`);
      const lines = server.cli("tenant", "export", "acme").stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.ok(lines.some((line) => JSON.stringify(line).includes("https://example.com/of-acme")));
      assert.ok(!JSON.stringify(lines).includes("/replayed"), "another tenant's links");
      assert.equal(server.cli("tenant", "delete", "acme", "--yes").code, 0);
      await eventually("the deleted tenant's key is refused", async () => (await acme.get("/v1/links")).status === 401, 1000);
      await eventually("the deleted tenant's link is gone", async () => (await acme.get(`/${code}`)).status === 404, 1000);
      assert.equal(server.cli("tenant", "export", "acme").code, 1);
      acme.close();
    });
  });
}
