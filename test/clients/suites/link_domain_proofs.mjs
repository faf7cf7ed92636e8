// Whose a host is: shown by a TXT record, said by the operator; what becomes of the links of who has it no more.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { NameServer } from "../support/name_server.mjs";
import { Server } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

const kAt = "/v1/link-domains";
const kOperators = "/v1/operator-link-domains";

// The administrator's session, in a tenant or none.
async function operatorOf(server) {
  const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
  const claimed = await server.api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
  assert.equal(claimed.status, 200, claimed.text);
  const headers = { ...ask.headers, Cookie: claimed.headers["set-cookie"][0].split(";")[0] };
  return {
    get: (path) => server.api.get(path, { key: null, headers }),
    post: (path, body, tenant) => server.api.post(path, body, { key: null, headers: tenant ? { ...headers, "Ashlar-Tenant": tenant } : headers }),
  };
}

export function linkDomainProofsSuite(kind) {
  describe(`proofs of domains on ${kind}`, { timeout: 300_000 }, () => {
    let server, dns, a, b, admin;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      dns = await NameServer.start();
      server = await Server.start({ store: kind, sets: { "links.verify_domains": "true", "links.dns_server": dns.address } });
      a = server.api;
      server.newTenant("second");
      b = server.client(server.newKey("second", "links:read", "links:write"));
      admin = await operatorOf(server);
    });
    after(async () => {
      await server?.stop();
      dns?.stop();
    });

    const add = async (api, host, more = {}) => {
      const made = await api.post(kAt, { host, ...more });
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const shorten = async (api, domain, code, url) => {
      const made = await api.post("/v1/links", { domain, code, url });
      assert.equal(made.status, 201, made.text);
    };
    const verify = async (api, host) => {
      const answer = await api.post(`${kAt}/${host}/verify`);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const put = (domain) => dns.records.set(domain.challenge.name, ["v=spf1 -all", domain.challenge.value]);
    const leadsTo = async (host, path, url) => {
      const answer = await a.get(path, { key: null, headers: { Host: host } });
      assert.deepEqual([answer.status, answer.headers.location], url === null ? [404, undefined] : [302, url], `${host}${path} ${answer.text}`);
    };
    const claims = async (host) => (await admin.get(`${kOperators}?host=${host}`)).json.data;

    it("what is not shown serves nothing and stands in nobody's way", async () => {
      const ours = await add(a, "go.example", { root_url: "https://example.com/a-root", not_found_url: "https://example.com/a-lost" });
      assert.deepEqual([ours.state, ours.proof, ours.checked_at, ours.check_error], ["unverified", null, null, null]);
      assert.equal(ours.challenge.name, "_ashlar-challenge.go.example");
      assert.match(ours.challenge.value, /^[A-Za-z0-9_-]{32}$/);
      await shorten(a, "go.example", "spring", "https://example.com/a");
      await leadsTo("go.example", "/spring", null);
      await leadsTo("go.example", "/", "/_/");
      const theirs = await add(b, "go.example");
      assert.notEqual(theirs.challenge.value, ours.challenge.value);
      assertProblem(await b.post(kAt, { host: "go.example" }), 409, "domain_taken");
      // A link may lead to it: it is nobody's yet.
      assert.equal((await b.post("/v1/links", { url: "https://go.example/anything" })).status, 201);

      assert.deepEqual([(await verify(a, "go.example")).state, (await verify(a, "go.example")).check_error], ["unverified", "txt_missing"]);
      dns.records.set(ours.challenge.name, ["nonsense", `${ours.challenge.value}x`, theirs.challenge.value.toLowerCase()]);
      assert.equal((await verify(a, "go.example")).check_error, "txt_wrong");
      put(ours);
      const shown = await verify(a, "Go.Example");
      assert.deepEqual([shown.state, shown.proof, shown.challenge, shown.check_error], ["active", "dns", null, null]);
      assert.ok(shown.checked_at);
      await leadsTo("go.example", "/spring", "https://example.com/a");
      await leadsTo("go.example", "/", "https://example.com/a-root");
      await leadsTo("go.example", "/none", "https://example.com/a-lost");
      // The other's token is not in the record.
      assert.equal((await verify(b, "go.example")).check_error, "txt_wrong");
      await leadsTo("go.example", "/spring", "https://example.com/a");
      assertProblem(await b.post("/v1/links", { url: "https://go.example/anything/2" }), 422, "target_is_ashlar", "/url");
    });

    it("who shows it later has it from then on; the other's links are kept, lead nowhere, and come back", async () => {
      await shorten(b, "go.example", "spring", "https://example.com/b");
      await leadsTo("go.example", "/spring", "https://example.com/a");  // in memory
      const theirs = (await b.get(`${kAt}/go.example`)).json;
      put(theirs);
      assert.equal((await verify(b, "go.example")).state, "active");
      for (let i = 0; i < 2; ++i) {
        await leadsTo("go.example", "/spring", "https://example.com/b");
        await leadsTo("go.example", "/", "/_/");
        await leadsTo("go.example", "/none", null);
      }
      const lost = (await a.get(`${kAt}/go.example`)).json;
      assert.deepEqual([lost.state, lost.proof, lost.root_url], ["unverified", null, "https://example.com/a-root"]);
      assert.equal((await a.get("/v1/links/spring?domain=go.example")).json.url, "https://example.com/a");
      assert.equal((await a.patch("/v1/links/spring?domain=go.example", { url: "https://example.com/a2" })).status, 200);
      await leadsTo("go.example", "/spring", "https://example.com/b");
      assertProblem(await a.delete(`${kAt}/go.example`), 409, "domain_in_use");
      put(lost);
      assert.equal((await verify(a, "go.example")).state, "active");
      await leadsTo("go.example", "/spring", "https://example.com/a2");
      assert.equal((await b.get(`${kAt}/go.example`)).json.state, "unverified");
    });

    it("the operator's word outweighs records; what it takes is kept", async () => {
      const [first, second] = await claims("go.example");
      assert.deepEqual([first.state, second.state], ["active", "unverified"]);
      const given = await admin.post(`${kOperators}/${second.id}/approve`);
      assert.deepEqual([given.json.state, given.json.proof], ["active", "operator"]);
      await leadsTo("go.example", "/spring", "https://example.com/b");
      const held = await verify(a, "go.example");
      assert.deepEqual([held.state, held.check_error], ["unverified", "domain_held"]);
      await leadsTo("go.example", "/spring", "https://example.com/b");
      const taken = await admin.post(`${kOperators}/${second.id}/revoke`);
      assert.deepEqual([taken.json.state, taken.json.proof], ["unverified", null]);
      await leadsTo("go.example", "/spring", null);
      assert.equal((await b.get("/v1/links/spring?domain=go.example")).json.url, "https://example.com/b");
      assert.equal((await verify(a, "go.example")).state, "active");
      await leadsTo("go.example", "/spring", "https://example.com/a2");
      assertProblem(await admin.post(`${kOperators}/999999/approve`), 404, "domain_not_found");
      assertProblem(await admin.post(`${kOperators}/x/revoke`), 404, "domain_not_found");
      const page = (await admin.get(`${kOperators}?limit=1`)).json;
      assert.equal((await admin.get(`${kOperators}?limit=1&cursor=${page.next_cursor}`)).json.data[0].id, second.id);
      // What the operator adds for a tenant needs no record.
      const added = await admin.post(kAt, { host: "operators.example" }, "second");
      assert.deepEqual([added.json.state, added.json.proof, added.json.challenge], ["active", "operator", null]);
    });

    it("a resolver that does not answer, or only says that it cannot, proves nothing and takes its time", async () => {
      await add(a, "slow.example");
      dns.fails = true;
      assert.equal((await verify(a, "slow.example")).check_error, "dns_unavailable");
      dns.fails = false;
      dns.silent = true;
      const begun = performance.now();
      assert.equal((await verify(a, "slow.example")).check_error, "dns_unavailable");
      assert.ok(performance.now() - begun < 9_500, "within what is promised");
      const many = await Promise.all(Array.from({ length: 6 }, () => a.post(`${kAt}/slow.example/verify`)));
      const statuses = many.map(({ status }) => status).sort();
      assert.deepEqual([statuses[0], statuses.at(-1)], [200, 503]);
      assert.equal(many.find(({ status }) => status === 503).json.reason, "dns_busy");
      dns.silent = false;
    });

    it("an answer too long for a datagram is read whole", async () => {
      const { challenge } = await add(a, "long.example");
      dns.records.set(challenge.name, [...Array.from({ length: 20 }, (_, i) => `${i}-${"x".repeat(300)}`), challenge.value]);
      assert.equal((await verify(a, "long.example")).state, "active");
      assert.ok(dns.asked.some(({ name, over }) => name === challenge.name && over === "tcp"));
    });

    it("a job finds the record, too", { timeout: 150_000 }, async () => {
      const { challenge } = await add(b, "patient.example");
      dns.records.set(challenge.name, [challenge.value]);
      await eventually("the job has found the record", async () => (await b.get(`${kAt}/patient.example`)).json.state === "active", 120_000);
    });

    it("to nobody, and of nobody", async () => {
      assertProblem(await a.post(`${kAt}/none.example/verify`), 404, "domain_not_found");
      assertProblem(await a.post(`${kAt}/patient.example/verify`), 404, "domain_not_found");
      assert.equal((await a.get(kOperators)).status, 403);
    });
  });

  test(`${kind}: without verify_domains who comes first has it, and who shows it takes it`, { timeout: 120_000 }, async () => {
    const dns = await NameServer.start();
    const server = await Server.start({ store: kind, sets: { "links.dns_server": dns.address } });
    try {
      server.newTenant("second");
      const b = server.client(server.newKey("second", "links:read", "links:write"));
      const first = await server.api.post(kAt, { host: "go.example" });
      assert.deepEqual([first.json.state, first.json.proof], ["active", "first_come"]);
      const later = await b.post(kAt, { host: "go.example" });
      assert.deepEqual([later.status, later.json.state], [201, "unverified"]);
      dns.records.set(later.json.challenge.name, [later.json.challenge.value]);
      assert.equal((await b.post(`${kAt}/go.example/verify`)).json.state, "active");
      assert.equal((await server.api.get(`${kAt}/go.example`)).json.state, "unverified");
      b.close();
    } finally {
      await server.stop();
      dns.stop();
    }
  });
}
