// Domains of links, as clients and visitors see them: each request comes to the same socket and says by its Host where it wants to be.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { raw } from "../support/http.mjs";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { assertLink, assertProblem } from "./links.mjs";

export function linkDomainsSuite(kind) {
  describe(`domains of links on ${kind}`, { timeout: 300_000 }, () => {
    let server, api, port, owners;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
      port = new URL(server.origin).port;
      owners = { code: "owners-own", url: "https://example.com/own" };
      await shorten(owners);
    });
    after(() => server?.stop());

    const add = async (body) => {
      const made = await api.post("/v1/link-domains", body);
      assert.equal(made.status, 201, made.text);
      return made;
    };
    const shorten = async (body) => {
      const made = await api.post("/v1/links", { url: "https://example.com/", ...body });
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const visit = (host, path, options = {}) => api.get(path, { key: null, ...options, headers: { Host: host, ...options.headers } });
    const leadsTo = async (host, path, url, options) => {
      const answer = await visit(host, path, options);
      assert.equal(answer.status, 302, `${host}${path}: ${answer.text}`);
      assert.equal(answer.headers.location, url, `${host}${path}`);
      return answer;
    };
    const unknown = async (host, path) => assertProblem(await visit(host, path), 404, "link_not_found");

    it("is added, changed, listed and removed", async () => {
      const made = await add({ host: "Go.Example." });
      assert.equal(made.headers.location, "/v1/link-domains/go.example");
      const { created_at, updated_at, ...rest } = made.json;
      assert.deepEqual(rest, { host: "go.example", root_url: null, not_found_url: null, stopped: null, state: "active", proof: "first_come", challenge: null, checked_at: null, check_error: null });
      assert.equal(created_at, updated_at);
      assert.equal(made.headers.etag, '"v1"');
      assertProblem(await api.post("/v1/link-domains", { host: "GO.example" }), 409, "domain_taken");
      const changed = await api.patch("/v1/link-domains/go.example", { root_url: "https://example.com/" }, { headers: { "If-Match": '"v1"' } });
      assert.equal(changed.json.root_url, "https://example.com/");
      assert.equal(changed.headers.etag, '"v2"');
      for (const call of [api.patch("/v1/link-domains/go.example", { root_url: null }, { headers: { "If-Match": '"v1"' } }),
        api.delete("/v1/link-domains/go.example", { headers: { "If-Match": '"v1"' } })]) assertProblem(await call, 412, "etag_mismatch");
      assert.deepEqual((await api.get("/v1/link-domains/GO.example")).json, changed.json);
      assert.deepEqual((await api.get("/v1/link-domains")).json, { data: [changed.json], next_cursor: null });
      assert.equal((await api.delete("/v1/link-domains/go.example")).status, 204);
      assertProblem(await api.delete("/v1/link-domains/go.example"), 404, "domain_not_found");
      assertProblem(await api.get("/v1/link-domains/go.example"), 404, "domain_not_found");
      assert.deepEqual((await api.get("/v1/link-domains")).json.data, []);
    });

    it("a repeat with the same key adds none", async () => {
      const once = () => api.post("/v1/link-domains", { host: "once.example" }, { headers: { "Idempotency-Key": "add-once" } });
      const [first, second] = [await once(), await once()];
      assert.deepEqual([first.status, second.status], [201, 201]);
      assert.deepEqual(second.json, first.json);
      assert.equal((await api.delete("/v1/link-domains/once.example")).status, 204);
    });

    it("what is no host name is refused, and what is the installation's own", async () => {
      for (const [host, reason] of [["https://go.example", "domain_malformed"], ["go.example:80", "domain_malformed"], ["192.0.2.1", "domain_malformed"],
        ["0x7f.1", "domain_malformed"], ["a b.example", "domain_malformed"], ["*.example", "domain_malformed"], ["bücher.example", "domain_not_ascii"],
        ["localhost", "domain_reserved"], ["x.localhost", "domain_reserved"]]) {
        assertProblem(await api.post("/v1/link-domains", { host }), 422, reason, "/host");
      }
      assertProblem(await api.post("/v1/link-domains", { host: "u.example", root_url: "javascript:1" }), 422, "target_scheme", "/root_url");
      assertProblem(await api.post("/v1/link-domains", { host: "u.example", not_found_url: `${server.origin}/x` }), 422, "target_is_ashlar", "/not_found_url");
      assertProblem(await api.post("/v1/links", { url: "https://example.com/", domain: "u.example" }), 422, "domain_unknown", "/domain");
    });

    it("each has its own codes, and the installation's own host its own", async () => {
      await add({ host: "a.example" });
      await add({ host: "b.example" });
      const a = await shorten({ code: "spring", url: "https://example.com/a", domain: "a.example" });
      assertLink(a, { domain: "a.example", code: "spring", short_url: `http://a.example:${port}/spring` });
      await shorten({ code: "spring", url: "https://example.com/b", domain: "B.example" });
      const own = await shorten({ code: "spring", url: "https://example.com/0", domain: "127.0.0.1" });
      assertLink(own, { domain: null, short_url: `${server.origin}/spring` });
      assertProblem(await api.post("/v1/links", { url: "https://example.com/", code: "spring", domain: "a.example" }), 409, "code_taken");
      const made = await shorten({ domain: "a.example", url: "https://example.com/made" });
      for (let i = 0; i < 2; ++i) {
        await leadsTo("a.example", "/spring", "https://example.com/a");
        await leadsTo("b.example", "/spring", "https://example.com/b");
        await leadsTo(`127.0.0.1:${port}`, "/spring", "https://example.com/0");
        await leadsTo("other.example", "/spring", "https://example.com/0");
        await leadsTo("a.example", `/${made.code}`, "https://example.com/made");
        await unknown("b.example", `/${made.code}`);
        await unknown(`127.0.0.1:${port}`, `/${made.code}`);
        await unknown("a.example", `/${owners.code}`);
      }
      assertProblem(await api.delete("/v1/link-domains/a.example"), 409, "domain_in_use");
    });

    it("the Host is read as browsers write it, and as the target where that is a URL", async () => {
      for (const host of ["A.Example", `a.example:${port}`, "a.example.", "A.EXAMPLE.:80"]) await leadsTo(host, "/spring", "https://example.com/a");
      const ask = async (line, host) => (await raw(port, [`GET ${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`])).answers[0].headers.location;
      assert.equal(await ask("http://a.example/spring", "b.example"), "https://example.com/a");
      assert.equal(await ask("HTTP://B.EXAMPLE:8080/spring", "a.example"), "https://example.com/b");
      const old = await raw(port, ["GET /spring HTTP/1.0\r\n\r\n"]);
      assert.equal(old.answers[0].headers.location, "https://example.com/0");
      await leadsTo("a.example", "/%73pring", "https://example.com/a");
      await unknown(`127.0.0.1:${port}`, "/a.example%2Fspring");
    });

    it("is the address of a link in each of its routes", async () => {
      const at = "/v1/links/spring?domain=a.example";
      assert.equal((await api.get(at)).json.url, "https://example.com/a");
      assert.equal((await api.get("/v1/links/spring")).json.url, "https://example.com/0");
      assert.equal((await api.patch(at, { url: "https://example.com/a2", tags: ["t"] })).json.url, "https://example.com/a2");
      await leadsTo("a.example", "/spring", "https://example.com/a2");
      await leadsTo("b.example", "/spring", "https://example.com/b");
      await leadsTo(`127.0.0.1:${port}`, "/spring", "https://example.com/0");
      for (const domain of ["a.example", "b.example", "127.0.0.1"]) await shorten({ code: "counted", domain, url: `https://example.com/${domain}` });
      for (let i = 0; i < 5; ++i) await leadsTo("b.example", "/counted", "https://example.com/b.example");
      const clicks = async (query) => (await api.get(`/v1/links/counted/stats${query}`)).json.clicks;
      await eventually("the clicks are counted", async () => (await clicks("?domain=b.example")) === 5);
      assert.deepEqual([await clicks("?domain=a.example"), await clicks("")], [0, 0]);
      assert.equal((await api.get("/v1/links/counted/clicks?domain=b.example&limit=100")).json.data.length, 5);
      const qr = (query) => api.get(`/v1/links/spring/qr?size=64${query}`);
      assert.equal((await qr("&domain=b.example")).status, 200);
      assert.notEqual((await qr("&domain=b.example")).text, (await qr("&domain=a.example")).text);
      const codes = async (query) => (await api.get(`/v1/links${query}`)).json.data.map(({ domain, url }) => `${domain} ${url}`);
      assert.deepEqual(await codes("?domain=b.example"), ["b.example https://example.com/b.example", "b.example https://example.com/b"]);
      assert.deepEqual((await codes("?domain=127.0.0.1")).filter((line) => !line.startsWith("null ")), []);
      assert.ok((await codes("")).includes("a.example https://example.com/a2"));
      assertProblem(await api.get("/v1/links?domain=none.example"), 404, "domain_not_found");
      assertProblem(await api.get("/v1/links/spring?domain=none.example"), 404, "link_not_found");
      const made = await api.post("/v1/links", { url: "https://example.com/", domain: "b.example" });
      assert.equal(made.headers.location, `/v1/links/${made.json.code}?domain=b.example`);
      assert.equal((await api.get(made.headers.location)).json.code, made.json.code);
    });

    it("has a first page and one for what is unknown; a change shows at once", async () => {
      await add({ host: "home.example", root_url: "https://example.com/home", not_found_url: "https://example.com/lost" });
      const link = await shorten({ domain: "home.example", valid_from: new Date(Date.now() + 3600e3).toISOString() });
      await shorten({ domain: "home.example", code: "off-here" });
      await api.patch("/v1/links/off-here?domain=home.example", { enabled: false });
      for (let i = 0; i < 2; ++i) {
        await leadsTo("home.example", "/", "https://example.com/home");
        const lost = await leadsTo("home.example", "/nothing-here", "https://example.com/lost");
        assert.equal(lost.headers["cache-control"], "no-store");
        await leadsTo("home.example", `/${link.code}`, "https://example.com/lost");
        await leadsTo("home.example", "/a.b", "https://example.com/lost");
        assertProblem(await visit("home.example", "/off-here"), 410, "link_disabled");
        // Whatever the path is, but for the API's: what is at no address is an unknown code.
        for (const path of ["/a/b/c", "/a/b", "/a/", "//", "/a/b/c?x=1&y", "/%2e%2e/a"]) {
          await leadsTo("home.example", path, "https://example.com/lost");
          await unknown("a.example", path);
          assertProblem(await visit(`127.0.0.1:${port}`, path), 404, "not_found");
        }
        assert.equal((await api.call("HEAD", "/a/b/c", { key: null, headers: { Host: "home.example" } })).status, 302);
        assertProblem(await api.post("/a/b/c", "x", { key: null, headers: { Host: "home.example" } }), 404, "not_found");
        assertProblem(await visit("home.example", "/v1/no/such"), 404, "not_found");
        await leadsTo("a.example", "/", "/_/");
        await leadsTo(`127.0.0.1:${port}`, "/", "/_/");
        await unknown("a.example", "/nothing-here");
        // The rest is served on each host.
        assert.equal((await visit("home.example", "/healthz")).status, 200);
        assert.equal((await visit("home.example", "/robots.txt")).status, 200);
        assert.equal((await visit("home.example", "/_/")).status, 200);
        assert.equal((await api.get("/v1/links?limit=1", { headers: { Host: "home.example" } })).status, 200);
      }
      for (let i = 0; i < 3; ++i) {
        await api.patch("/v1/link-domains/home.example", { root_url: `https://example.com/${i}`, not_found_url: null });
        await leadsTo("home.example", "/", `https://example.com/${i}`);
        await unknown("home.example", "/nothing-here");
        await api.patch("/v1/link-domains/home.example", { not_found_url: `https://example.com/no/${i}` });
        await leadsTo("home.example", "/nothing-here", `https://example.com/no/${i}`);
      }
    });

    it("begins and ends at once, and what was unknown there is found as soon as it is made", async () => {
      await unknown("new.example", "/later-on");
      await leadsTo("new.example", `/${owners.code}`, owners.url);
      await add({ host: "new.example", root_url: "https://example.com/new" });
      await leadsTo("new.example", "/", "https://example.com/new");
      await unknown("new.example", `/${owners.code}`);
      assert.equal((await api.delete("/v1/link-domains/new.example")).status, 204);
      await leadsTo("new.example", `/${owners.code}`, owners.url);
      await leadsTo("new.example", "/", "/_/");
      await add({ host: "new.example" });
      await unknown("new.example", "/later-on");
      await shorten({ domain: "new.example", code: "later-on", url: "https://example.com/found" });
      await leadsTo("new.example", "/later-on", "https://example.com/found");
    });

    it("passwords, limits and rules hold on a domain as on the installation's own host", async () => {
      await add({ host: "rules.example" });
      const link = { domain: "rules.example", code: "special" };
      await shorten({ ...link, url: "https://example.com/s", password: "sesame", max_clicks: 2 });
      const asked = await visit("rules.example", "/special", { headers: { Accept: "text/html" } });
      assert.equal(asked.status, 403);
      assert.ok(asked.text.includes('action="/special/unlock"'));
      const unlock = (host, password) => api.post("/special/unlock", `password=${password}`, { key: null, headers: { Host: host, "Content-Type": "application/x-www-form-urlencoded" } });
      assert.equal((await unlock("a.example", "sesame")).status, 404);
      assert.equal((await unlock("rules.example", "wrong")).status, 403);
      for (let i = 0; i < 2; ++i) assert.equal((await unlock("rules.example", "sesame")).headers.location, "https://example.com/s");
      assertProblem(await unlock("rules.example", "sesame"), 410, "link_used_up");
      await shorten({ domain: "rules.example", code: "ruled", url: "https://example.com/any", rules: [{ url: "https://example.com/de", languages: ["de"] }] });
      for (let i = 0; i < 2; ++i) {
        await leadsTo("rules.example", "/ruled", "https://example.com/de", { headers: { "Accept-Language": "de" } });
        await leadsTo("rules.example", "/ruled", "https://example.com/any");
      }
    });

    it("a link may not lead to one", async () => {
      assertProblem(await api.post("/v1/links", { url: "https://A.example:8443/spring" }), 422, "target_is_ashlar", "/url");
      assert.equal((await api.post("/v1/links", { url: "https://www.a.example/" })).status, 201);
    });

    it("the longest host and code", async () => {
      const host = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(62)}`;
      assert.equal(host.length, 190);
      assertProblem(await api.post("/v1/link-domains", { host: `${host}c` }), 422, "domain_malformed", "/host");
      await add({ host });
      const code = "x".repeat(64);
      await shorten({ domain: host, code, url: "https://example.com/long" });
      // One limit, in each place that takes a host; with the dot at its end it is the same one.
      assert.equal((await api.get(`/v1/links/${code}?domain=${host}.`)).json.domain, host);
      for (const [path, body, field] of [["/v1/links", { url: "https://example.com/", domain: `${host}cc` }, "/domain"],
        ["/v1/links/bulk-update", { filter: { domain: `${host}cc` }, set: { enabled: true } }, "/filter/domain"]]) {
        const refused = await api.post(path, body);
        assertProblem(refused, 422, "invalid_request", field);
        assert.equal(refused.json.errors[0].reason, "too_long");
      }
      for (let i = 0; i < 2; ++i) await leadsTo(host, `/${code}`, "https://example.com/long");
      await unknown(`${host}d`, `/${code}`);
    });
  });
}
