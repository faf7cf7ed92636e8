// Quotas of Ashlar's own API as its callers meet them. The fields are read by `structured-headers`, a parser of RFC 9651.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseList } from "structured-headers";
import { Server, Store } from "./support/server.mjs";
import { eventually } from "./support/process.mjs";
import { raw } from "./support/http.mjs";

const kType = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const kFields = ["ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
  "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

// {name: {parameter: number}} of a List of Strings.
const listed = (text) => Object.fromEntries(parseList(text).map(([name, parameters]) => {
  assert.equal(typeof name, "string");
  return [name, Object.fromEntries(parameters)];
}));
const fieldsOf = (answer) => kFields.filter((name) => answer.headers[name] !== undefined);

function assertRefused(answer, ...violated) {
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  const { type, status, reason, request_id, detail } = answer.json;
  assert.deepEqual({ type, status, reason }, { type: kType, status: 429, reason: "quota_exceeded" });
  assert.deepEqual(answer.json["violated-policies"], violated);
  assert.equal(request_id, answer.headers["x-request-id"]);
  assert.match(detail, /^[A-Z].*\.$/);
  const wait_s = Number(answer.headers["retry-after"]);
  assert.ok(Number.isInteger(wait_s) && wait_s >= 1, answer.headers["retry-after"]);
  return wait_s;
}

// GETs, one after the other, until one is refused: {passed, refused}.
async function until429(api, path = "/v1/links", most = 100) {
  for (let passed = 0; passed < most; ++passed) {
    const answer = await api.get(path);
    if (answer.status === 429) return { passed, refused: answer };
    assert.equal(answer.status, 200, answer.text);
  }
  return { passed: most, refused: null };
}

// A server with these settings and rule files, for one test.
function withServer(name, { sets = {}, rules = null, listen }, run) {
  test(name, { timeout: 60_000 }, async () => {
    const store = new Store("sqlite");
    const folder = join(store.folder, "rules");
    mkdirSync(folder);
    const write = (items) => writeFileSync(join(folder, "own.rules.json"), JSON.stringify({ rules: items }));
    if (rules) write(rules);
    const args = rules ? ["--limits-config", folder] : [];
    const server = await Server.start({ store, sets, args, listen });
    try {
      server.newTenant("acme");
      server.newTenant("other");
      const client = (tenant) => server.client(server.newKey(tenant, "links:read", "links:write", "keys:read"));
      await run(server, client, write);
    } finally {
      await server.stop();
      store.remove();
    }
  });
}

const kPerKey = { "limits.api_key_rate": 1, "limits.api_key_burst": 20 };

describe("quotas of the API", () => {
  withServer("none by default, and no fields", {}, async (server, client) => {
    const { passed } = await until429(client("acme"), "/v1/links", 200);
    assert.equal(passed, 200);
    assert.deepEqual(fieldsOf(await server.api.get("/v1/links")), []);
  });

  withServer("a key has its rate; two keys do not share; demo on loopback has none", { sets: kPerKey }, async (server, client) => {
    const mine = client("acme");
    const { passed, refused } = await until429(mine);
    assert.ok(passed >= 20 && passed <= 25, String(passed));  // some came back meanwhile
    const wait_s = assertRefused(refused, "api.key");
    const { "api.key": policy } = listed(refused.headers["ratelimit-policy"]);
    const { "api.key": state } = listed(refused.headers["ratelimit"]);
    assert.deepEqual(policy, { q: 20, w: 20 });
    assert.ok(state.r < 2 && state.t <= wait_s, JSON.stringify(state));
    assert.equal((await client("acme").get("/v1/links")).status, 200);
    assert.equal((await until429(server.api)).refused, null, "demo is not bound");

    await new Promise((done) => setTimeout(done, wait_s * 1000));
    assert.equal((await mine.get("/v1/links")).status, 200, "who waits as told passes");
  });

  withServer("what an answer says becomes less by what the route costs", { sets: kPerKey }, async (server, client) => {
    const api = client("acme");
    const description = (await api.get("/v1/openapi.json")).json;
    const cost = (path, method) => description.paths[path][method]["x-ashlar-cost"];
    const left = (answer) => listed(answer.headers["ratelimit"])["api.key"].r;
    const first = await api.get("/v1/links");
    assert.equal(left(first), 20 - cost("/v1/links", "get"));
    const made = await api.post("/v1/links", { url: "https://example.com/" });
    assert.equal(made.status, 201);
    const spent = cost("/v1/links", "get") + cost("/v1/links", "post");
    assert.ok(Math.abs(left(made) - (20 - spent)) <= 1, `${left(made)} after ${spent}`);
    assert.ok(left(await api.get("/v1/links/nothing-there")) <= left(made), "an error counts too");

    const redirect = await api.get(`/${made.json.code}`, { key: null });
    assert.equal(redirect.status, 302);
    assert.deepEqual(fieldsOf(redirect), []);
    for (const path of ["/healthz", "/v1/openapi.json", "/docs"]) assert.deepEqual(fieldsOf(await api.get(path)), [], path);
    assert.deepEqual(fieldsOf(await api.get("/v1/links", { key: "ashlar_sk_wrong" })), [], "nobody's quota");

    const operation = description.paths["/v1/links"].get;
    const component = operation.responses["429"].$ref.split("/").at(-1);
    assert.ok(description.components.responses[component]["x-ashlar-reasons"].includes("quota_exceeded"));
    assert.equal(description.paths["/{code}"]?.get?.responses["429"], undefined);
  });

  withServer("keys of a tenant share its quota, tenants do not", { sets: { "limits.api_tenant_rate": 1, "limits.api_tenant_burst": 20 } },
    async (server, client) => {
      const { refused } = await until429(client("acme"));
      assertRefused(refused, "api.tenant");
      assertRefused((await until429(client("acme"))).refused, "api.tenant");
      assert.equal((await client("other").get("/v1/links")).status, 200);
    });

  const kAcme = { name: "acme-hour", where: { tenant: "acme" }, limit: 12, per: "hour", algorithm: "fixed_window" };
  withServer("a rule file names a tenant; a changed file holds within a second", { rules: [kAcme] }, async (server, client, write) => {
    const acme = client("acme");
    const { refused } = await until429(acme);
    const wait_s = assertRefused(refused, "acme-hour");
    assert.ok(wait_s <= 3600 + 31);
    assert.equal((await until429(client("other"), "/v1/links", 30)).refused, null);
    assert.equal((await until429(server.api, "/v1/links", 30)).refused, null);
    write([{ ...kAcme, where: { tenant: ["acme", "demo"] }, limit: 1_000_000 }]);
    await eventually("the new rule holds", async () => (await acme.get("/v1/links")).status === 200, 5000);
    assert.equal(listed((await server.api.get("/v1/links")).headers["ratelimit-policy"])["acme-hour"].q, 1_000_000,
      "rules of files bind demo, too");
  });

  withServer("who has no key is counted by address",
    { rules: [{ name: "by-address", where: { module: "admin" }, key: ["address"], limit: 3, per: "hour" }] }, async (server) => {
      const nobody = server.client(null);
      const { passed, refused } = await until429(nobody, "/v1/admin/session");
      assert.equal(passed, 3);
      assertRefused(refused, "by-address");
    });

  for (const [version, expected] of Object.entries({
    "draft-10": ["ratelimit", "ratelimit-policy"],
    "draft-6": ["ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
    legacy: ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
    off: [],
  })) {
    withServer(`limits.headers=${version}`, { sets: { ...kPerKey, "limits.headers": version } }, async (server, client) => {
      const api = client("acme");
      const answer = await api.get("/v1/links");
      assert.deepEqual(fieldsOf(answer).sort(), [...expected].sort());
      for (const name of expected.filter((each) => /limit$|remaining$|reset$/.test(each) && each !== "ratelimit")) {
        assert.match(answer.headers[name], /^\d+$/, name);
      }
      if (version === "draft-6") assert.deepEqual(parseList(answer.headers["ratelimit-policy"]).map(([q, p]) => [q, p.get("w")]), [[20, 20]]);
      const { refused } = await until429(api);
      assertRefused(refused, "api.key");
      assert.deepEqual(fieldsOf(refused).sort(), [...expected].sort());
    });
  }

  withServer("a stream's head says it as well", { sets: kPerKey }, async (server, client) => {
    const { key } = client("acme");
    const { bytes } = await raw(server.port,
      [`GET /v1/clicks/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`], { timeout_ms: 1000 });
    assert.match(bytes.toString("latin1"), /^HTTP\/1\.1 200 .*\r\nRateLimit: "api\.key";r=\d+;t=\d+\r\n/s);
  });
});
