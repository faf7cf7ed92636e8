// Kutt's API as the npm package `kutt` uses it: every method of its four classes.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import Kutt, { Domain, Health, Link, User } from "kutt";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

const kVersion = createRequire(import.meta.url)("../node_modules/kutt/package.json").version;

const calls = new Map();
function counted(name, api) {
  return new Proxy(api, {
    get(target, method) {
      const own = target[method];
      if (typeof own !== "function") return own;
      return (...args) => {
        calls.set(`${name}.${method}`, (calls.get(`${name}.${method}`) ?? 0) + 1);
        return own.apply(target, args);
      };
    },
  });
}

async function fails(promise, status, text) {
  const error = await promise.then((value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`), (reason) => reason);
  assert.equal(error.cause?.status, status, String(error));
  assert.match(error.message, text);
  assert.equal(error.cause.data.error, error.message);
}

export function kuttSuite(kind) {
  describe(`npm kutt ${kVersion} on ${kind}`, { timeout: 300_000 }, () => {
    let server, links, domains, users, health, client;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      client = (key) => new Kutt().set("api", `${server.origin}/api/v2`).set("key", key);
      const kutt = client(server.key);
      links = counted("Link", kutt.links());
      domains = counted("Domain", kutt.domains());
      users = counted("User", kutt.users());
      health = counted("Health", kutt.health());
    });
    after(() => server?.stop());

    it("creates, lists and changes links", async () => {
      const plain = await links.create({ target: "https://example.com/kutt" });
      assert.deepEqual({ ...plain, id: "", address: "", link: "", created_at: 0, updated_at: 0 }, { id: "", address: "", banned: false, link: "", target: "https://example.com/kutt",
        password: false, description: null, expire_in: null, domain: null, created_at: 0, updated_at: 0, visit_count: 0 });
      assert.equal(plain.link, `${server.origin}/${plain.address}`);
      assert.ok(plain.created_at instanceof Date && Math.abs(plain.created_at - Date.now()) < 60_000);
      const rich = await links.create({ target: "https://example.com/rich", customurl: "kutt-rich", description: "Rich", expire_in: "2 hours", password: "open sesame", reuse: false });
      assert.equal(rich.address, "kutt-rich");
      assert.equal(rich.password, true);
      assert.equal(rich.description, "Rich");
      assert.ok(Math.abs(new Date(rich.expire_in) - Date.now() - 2 * 3600_000) < 60_000, rich.expire_in);
      assert.equal((await server.api.get("/kutt-rich", { key: null })).status, 403);
      assert.equal((await links.create({ target: "https://example.com/kutt", reuse: true })).id, plain.id);
      const page = await links.list({ limit: 1, skip: 1 });
      assert.deepEqual({ ...page, data: page.data.map(({ address }) => address) }, { total: 2, skip: 1, limit: 1, data: [plain.address] });
      assert.deepEqual((await links.list()).data.map(({ address }) => address), ["kutt-rich", plain.address]);
      const changed = await links.update(plain.id, { target: "https://example.com/changed", address: plain.address, description: "Now", expire_in: "3 days" });
      assert.equal(changed.target, "https://example.com/changed");
      assert.equal(changed.description, "Now");
      assert.equal((await server.api.get(`/${plain.address}`, { key: null })).headers.location, "https://example.com/changed");
      await fails(links.update(plain.id, { target: "https://example.com/", address: "another" }), 400, /address/);
      assert.equal((await links.update(plain.id, { target: "example.com:8443/bare", address: plain.address })).target, "http://example.com:8443/bare");
      for (const target of ["javascript:alert(1)", "localhost:1/x"]) await fails(links.update(plain.id, { target, address: plain.address }), 400, /http/);
      assert.equal((await links.update(rich.id, { target: "https://example.com/rich", address: rich.address, password: null })).password, false);
    });

    it("counts visits", async () => {
      const link = await links.create({ target: "https://example.com/counted", customurl: "kutt-counted" });
      for (let i = 0; i < 3; ++i) await server.api.get("/kutt-counted", { key: null, headers: { Referer: "https://news.example/" } });
      await eventually("the clicks are counted", async () => (await links.stats(link.id)).visit_count === 3);
      const stats = await links.stats(link.id);
      assert.equal(stats.lastDay.views.length, 24);
      assert.equal(stats.lastDay.views.at(-1) + stats.lastDay.views.at(-2), 3);
      assert.equal(stats.lastWeek.views.at(-1), 3);
      assert.equal(stats.lastMonth.views.length, 30);
      assert.equal(stats.lastYear.views.at(-1), 3);
      assert.deepEqual(stats.lastDay.stats.referrer, [{ name: "news.example", value: 3 }]);
      // As Kutt itself is asked.
      const asked = await server.api.get("/api/v2/links/kutt-counted/stats", { key: null, headers: { "X-API-KEY": server.key } });
      assert.equal(asked.json.visit_count, 3);
      assert.equal((await links.list()).data.find(({ address }) => address === "kutt-counted").visit_count, 3);
    });

    it("removes links, whose addresses stay taken", async () => {
      const link = await links.create({ target: "https://example.com/gone", customurl: "kutt-gone" });
      assert.match(await links.remove(link.id), /deleted/);
      assert.equal((await server.api.get("/kutt-gone", { key: null })).status, 404);
      await fails(links.remove(link.id), 404, /no such link/i);
      await fails(links.stats(link.id), 404, /no such link/i);
      await fails(links.create({ target: "https://example.com/", customurl: "kutt-gone" }), 409, /taken/);
    });

    it("domains, and whose key it is", async () => {
      const domain = await domains.create({ address: "kutt.example", homepage: "https://example.com/home" });
      assert.equal(domain.address, "kutt.example");
      assert.equal(domain.homepage, "https://example.com/home");
      assert.ok(domain.created_at instanceof Date);
      const there = await links.create({ target: "https://example.com/there", domain: "kutt.example", customurl: "kutt-there" });
      assert.equal(there.domain, "kutt.example");
      assert.equal((await links.update(there.id, { target: "https://example.com/there2", address: "kutt-there" })).target, "https://example.com/there2");
      const user = await users.info();
      assert.equal(user.email, "demo");
      assert.equal(user.apikey, "");
      assert.deepEqual(user.domains, [domain]);
      await fails(domains.create({ address: "kutt.example" }), 409, /./);
      const other = await domains.create({ address: "other.example" });
      assert.match(await domains.remove(other.id), /deleted/);
      await fails(domains.remove(other.id), 404, /./);
      await fails(links.create({ target: "https://example.com/", domain: "nobodys.example" }), 400, /domain/);
    });

    it("errors are Kutt's", async () => {
      await fails(client("").links().list(), 401, /API key/);
      await fails(client("ashlar_sk_wrong").links().list(), 401, /./);
      const reader = client(server.newKey("demo", "links:read"));
      assert.ok((await reader.links().list()).total > 0);
      await fails(reader.links().create({ target: "https://example.com/" }), 403, /links:write/);
      await fails(links.create({}), 400, /target/);
      await fails(links.create({ target: "nonsense" }), 400, /./);
      await fails(links.create({ target: "https://example.com/", expire_in: "soon" }), 400, /time/);
      await fails(links.create({ target: "https://example.com/", password: "x" }), 400, /password/);
      await fails(links.update("none-such", { target: "https://example.com/", address: "none-such" }), 404, /no such link/i);
      const large = await server.api.post("/api/v2/links", "x".repeat(2_000_000), { key: null, headers: { "X-API-KEY": server.key } });
      assert.equal(large.status, 413);
      assert.equal(typeof large.json.error, "string");
      assert.equal(await health.check(), true);
      assert.equal(await counted("Health", client("").health()).check(), true);
    });

    it("every method of the package was called", () => {
      const methods = [["Link", Link], ["Domain", Domain], ["User", User], ["Health", Health]].flatMap(([name, type]) =>
        Object.getOwnPropertyNames(type.prototype).filter((method) => method !== "constructor").map((method) => `${name}.${method}`));
      assert.equal(methods.length, 9, String(methods));
      assert.deepEqual(methods.filter((method) => !calls.has(method)), []);
      const total = methods.reduce((sum, method) => sum + calls.get(method), 0);
      console.log(`npm kutt ${kVersion} on ${kind}: all ${methods.length} methods, ${total} calls so far`);
    });
  });
}
