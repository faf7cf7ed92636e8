// Dub's API as the npm package `dub` uses it, whose own schemas check every answer: all methods of links, and those of tags, domains
// and QR codes that there are here.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { Dub } from "dub";
import jsqr from "jsqr";
import { PNG } from "pngjs";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

const kVersion = createRequire(import.meta.url)("../node_modules/dub/package.json").version;
const kMethods = ["links.list", "links.create", "links.count", "links.get", "links.delete", "links.update", "links.createMany", "links.deleteMany", "links.updateMany",
  "links.upsert", "tags.list", "tags.create", "tags.update", "tags.delete", "analytics.retrieve", "domains.list", "domains.create", "domains.update", "domains.delete", "qrCodes.get"];

const calls = new Map();
const counted = (dub) => Object.fromEntries([...new Set(kMethods.map((name) => name.split(".")[0]))].map((group) => [group, new Proxy(dub[group], {
  get(target, method) {
    const own = target[method];
    if (typeof own !== "function") return own;
    return (...args) => {
      calls.set(`${group}.${method}`, (calls.get(`${group}.${method}`) ?? 0) + 1);
      return own.apply(target, args);
    };
  },
})]));

async function fails(promise, name, status, text = /./) {
  const error = await promise.then((value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`), (reason) => reason);
  assert.equal(error.name, name, String(error));
  assert.equal(error.statusCode, status);
  assert.match(error.message, text);
}

export function dubSuite(kind) {
  describe(`npm dub ${kVersion} on ${kind}`, { timeout: 300_000 }, () => {
    let server, dub, client, host;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      host = new URL(server.origin).host;
      client = (token) => counted(new Dub({ token, serverURL: `${server.origin}/api/dub` }));
      dub = client(server.key);
    });
    after(() => server?.stop());
    const list = async (query) => {
      const all = [];
      for await (const page of await dub.links.list(query)) all.push(...page.result);
      return all;
    };

    it("creates, gets and changes links", async () => {
      const plain = await dub.links.create({ url: "https://example.com/dub" });
      assert.equal(plain.url, "https://example.com/dub");
      assert.equal(plain.shortLink, `${server.origin}/${plain.key}`);
      assert.equal(plain.domain, host);
      assert.equal(plain.clicks, 0);
      assert.deepEqual(plain.tags, []);
      const rich = await dub.links.create({ url: "https://example.com/rich?a=1", key: "dub-rich", tagNames: ["two", "one"], title: "Rich", comments: "For us", tenantId: "ada",
        archived: false, expiresAt: "2099-01-01T00:00:00Z", expiredUrl: "https://example.com/expired", password: "open sesame", ios: "https://example.com/ios",
        android: "https://example.com/android", utmSource: "news letter", testVariants: [{ url: "https://example.com/a", percentage: 40 }, { url: "https://example.com/b", percentage: 60 }] });
      assert.equal(rich.url, "https://example.com/rich?a=1&utm_source=news%20letter");
      assert.equal(rich.utmSource, "news letter");
      assert.deepEqual(rich.tags.map(({ name }) => name), ["one", "two"]);
      assert.deepEqual([rich.title, rich.comments, rich.tenantId, rich.ios, rich.android, rich.expiredUrl], ["Rich", "For us", "ada", "https://example.com/ios", "https://example.com/android", "https://example.com/expired"]);
      assert.equal(new Date(rich.expiresAt).toISOString(), "2099-01-01T00:00:00.000Z");
      assert.deepEqual(rich.testVariants, [{ url: "https://example.com/a", percentage: 40 }, { url: "https://example.com/b", percentage: 60 }]);
      assert.ok(rich.password && rich.password !== "open sesame");
      assert.deepEqual(await dub.links.get({ linkId: rich.id }), rich);
      assert.deepEqual(await dub.links.get({ domain: host, key: "dub-rich" }), rich);
      const changed = await dub.links.update(rich.id, { title: null, ios: null, tagIds: ["one"], testVariants: null, password: rich.password, archived: true });
      assert.deepEqual([changed.title, changed.ios, changed.android, changed.tags.map(({ id }) => id), changed.testVariants, changed.archived],
        [null, null, "https://example.com/android", ["one"], null, true]);
      assert.equal((await server.api.get("/dub-rich", { key: null })).status, 403, "the password is as before");
      assert.equal((await dub.links.update(rich.id, { password: null })).password, null);
      assert.equal((await server.api.get("/dub-rich", { key: null, headers: { "User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36" } }))
        .headers.location, "https://example.com/android");
      for (const length of [5, 12]) assert.equal((await dub.links.create({ url: "https://example.com/length", keyLength: length })).key.length, length);
      assert.match((await dub.links.create({ url: "https://example.com/prefix", prefix: "ab-" })).key, /^ab-.{7}$/);
    });

    it("lists and counts", async () => {
      for (const key of ["dub-l1", "dub-l2", "dub-l3"]) await dub.links.create({ url: `https://example.com/list/${key}`, key, tagNames: ["listed", key] });
      assert.deepEqual((await list({ tagNames: ["listed"], pageSize: 2 })).map(({ key }) => key), ["dub-l3", "dub-l2", "dub-l1"]);
      assert.deepEqual((await list({ tagIds: ["dub-l1", "dub-l2"] })).map(({ key }) => key), ["dub-l2", "dub-l1"]);
      assert.deepEqual((await list({ search: "LIST/dub-l2" })).map(({ key }) => key), ["dub-l2"]);
      assert.equal(await dub.links.count({ tagNames: "listed" }), 3);
      assert.deepEqual((await list({ tenantId: "ada", showArchived: true })).map(({ key }) => key), ["dub-rich"]);
      assert.deepEqual(await list({ tenantId: "ada" }), []);
      assert.equal(await dub.links.count({ domain: host, search: "list/" }), 3);
    });

    it("upserts by URL, in the whole workspace", async () => {
      const made = await dub.links.upsert({ url: "https://example.com/upsert", key: "dub-up", title: "One" });
      assert.equal((await dub.links.upsert({ url: "https://example.com/upsert", key: "dub-up", title: "Two" })).title, "Two");
      const again = await dub.links.upsert({ url: "https://example.com/upsert", title: "Three" });
      assert.deepEqual([again.id, again.title], [made.id, "Three"]);
      assert.notEqual((await dub.links.upsert({ url: "https://example.com/upsert/2" })).id, made.id);
      // A key that another URL has is taken; the parameters are part of the URL.
      await fails(dub.links.upsert({ url: "https://example.com/upsert/3", key: "dub-up" }), "Conflict", 409, /taken/);
      assert.equal((await dub.links.get({ linkId: made.id })).url, "https://example.com/upsert");
      const campaign = await dub.links.upsert({ url: "https://example.com/upsert", utmSource: "mail" });
      assert.notEqual(campaign.id, made.id);
      assert.equal((await dub.links.upsert({ url: "https://example.com/upsert", utmSource: "mail", title: "Mail" })).id, campaign.id);
      // On whichever domain, unless one is named.
      await dub.domains.create({ slug: "upsert.example" });
      const there = await dub.links.upsert({ url: "https://example.com/upsert/there", domain: "upsert.example" });
      assert.equal((await dub.links.upsert({ url: "https://example.com/upsert/there" })).id, there.id);
      const here = await dub.links.upsert({ url: "https://example.com/upsert/there", domain: host });
      assert.notEqual(here.id, there.id);
      assert.equal((await dub.links.upsert({ url: "https://example.com/upsert/there", domain: "upsert.example", title: "There" })).id, there.id);
      await dub.links.delete(there.id);
    });

    it("many at once", async () => {
      const made = await dub.links.createMany([{ url: "https://example.com/many/1", key: "dub-m1" }, { url: "nonsense" }, { url: "https://example.com/many/3", key: "dub-m1" }, { url: "https://example.com/many/4" }]);
      assert.deepEqual(made.map(({ key, code }) => key ?? code).slice(0, 3), ["dub-m1", "unprocessable_entity", "conflict"]);
      const ids = [made[0].id, made[3].id];
      const changed = await dub.links.updateMany({ linkIds: [...ids, "none-such"], data: { title: "Many" } });
      assert.deepEqual(changed.map(({ title }) => title), ["Many", "Many"]);
      assert.deepEqual(await dub.links.deleteMany({ linkIds: [...ids, "none-such"] }), { deletedCount: 2 });
      await fails(dub.links.get({ linkId: ids[0] }), "NotFound", 404, /no such link/i);
      await fails(dub.links.createMany(Array.from({ length: 101 }, () => ({ url: "https://example.com/" }))), "BadRequest", 400);
    });

    it("deletes, and the key stays taken", async () => {
      const { id } = await dub.links.create({ url: "https://example.com/gone", key: "dub-gone" });
      assert.deepEqual(await dub.links.delete(id), { id });
      assert.equal((await server.api.get("/dub-gone", { key: null })).status, 404);
      await fails(dub.links.delete(id), "NotFound", 404);
      await fails(dub.links.create({ url: "https://example.com/", key: "dub-gone" }), "Conflict", 409, /taken/);
    });

    it("counts clicks", async () => {
      const { id } = await dub.links.create({ url: "https://example.com/clicked", key: "dub-clicked" });
      for (let i = 0; i < 2; ++i) await server.api.get("/dub-clicked", { key: null });
      await eventually("the clicks are counted", async () => (await dub.links.get({ linkId: id })).clicks === 2);
    });

    it("tags: made, listed, renamed, deleted", async () => {
      const red = await dub.tags.create({ name: "made red", color: "red" });
      assert.deepEqual(red, { id: "made red", name: "made red", color: "red" });
      assert.deepEqual((await dub.tags.list({ search: "made" })), [red]);
      const gray = await dub.tags.create({ tag: "made gray" });
      assert.equal(gray.color, "gray");
      assert.deepEqual(await dub.tags.list({ ids: [gray.id, "none"] }), [gray]);
      assert.deepEqual(await dub.tags.list({ search: "made", sortOrder: "desc", pageSize: 1 }), [red]);
      const link = await dub.links.create({ url: "https://example.com/tagged", key: "dub-tagged", tagIds: [red.id], tagNames: undefined });
      assert.deepEqual(link.tags, [red]);
      assert.deepEqual((await list({ tagIds: [red.id] })).map(({ tags }) => tags), [[red]]);
      const blue = await dub.tags.update(red.id, { name: "made blue", color: "blue" });
      assert.deepEqual(blue, { id: "made blue", name: "made blue", color: "blue" });
      assert.deepEqual((await dub.links.get({ linkId: link.id })).tags, [blue]);
      await fails(dub.tags.create({ name: "made blue" }), "Conflict", 409, /exists/);
      await fails(dub.tags.create({ name: "listed" }), "Conflict", 409, /exists/);  // a link has it
      await fails(dub.tags.update("made gray", { name: "made blue" }), "Conflict", 409, /exists/);
      await fails(dub.tags.update("none", { name: "other" }), "NotFound", 404);
      await fails(dub.tags.create({ name: "a,b" }), "UnprocessableEntity", 422, /name/);
      await fails(dub.tags.create({ name: "x".repeat(51) }), "UnprocessableEntity", 422, /name/);
      assert.deepEqual(await dub.tags.update("listed", { color: "pink" }), { id: "listed", name: "listed", color: "pink" });
      for (const { id } of [blue, gray]) assert.deepEqual(await dub.tags.delete(id), { id });
      await fails(dub.tags.delete(gray.id), "NotFound", 404);
      assert.deepEqual((await dub.links.get({ linkId: link.id })).tags, []);
      assert.deepEqual(await dub.tags.list({ search: "made" }), []);
      await dub.links.delete(link.id);
    });

    it("analytics of a link, a tag, a domain and all", async () => {
      const link = await dub.links.create({ url: "https://example.com/analysed", key: "dub-analysed", tagNames: ["analysed"], tenantId: "ana" });
      const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
      for (const headers of [{ "User-Agent": iphone, Referer: "https://news.example/x" }, { "User-Agent": iphone }, {}]) await server.api.get("/dub-analysed?utm_source=mail", { key: null, headers });
      const of = (query) => dub.analytics.retrieve({ linkId: link.id, ...query });
      const nothing = { leads: 0, sales: 0, saleAmount: 0 };
      await eventually("the clicks are added up", async () => (await of({ groupBy: "referers" })).some(({ referer }) => referer === "news.example"));
      for (const query of [{}, { event: "clicks" }, { event: "composite" }]) assert.deepEqual(await of(query), { clicks: 3, ...nothing });
      for (const scope of [{ domain: host, key: "dub-analysed" }, { tagId: "analysed" }, { tenantId: "ana" }]) assert.deepEqual(await dub.analytics.retrieve(scope), { clicks: 3, ...nothing });
      assert.ok((await dub.analytics.retrieve()).clicks >= 3);
      assert.ok((await dub.analytics.retrieve({ domain: host })).clicks >= 3);
      for (const interval of ["24h", "7d", "30d", "90d", "1y", "mtd", "qtd", "ytd", "all"]) {
        const series = await of({ groupBy: "timeseries", interval, timezone: "America/New_York" });
        assert.equal(series.reduce((sum, { clicks }) => sum + clicks, 0), 3, interval);
        assert.ok(series.every(({ start }) => !Number.isNaN(Date.parse(start))));
      }
      assert.deepEqual(await of({ groupBy: "count", start: "2020-01-01T00:00:00Z", end: "2020-02-01T00:00:00Z" }), { clicks: 0, ...nothing });
      assert.deepEqual(await of({ groupBy: "devices" }), [{ device: "Mobile", clicks: 2, ...nothing }]);
      assert.deepEqual(await of({ groupBy: "os" }), [{ os: "iOS", clicks: 2, ...nothing }]);
      assert.deepEqual(await of({ groupBy: "browsers" }), [{ browser: "Safari", clicks: 2, ...nothing }]);
      assert.deepEqual(await of({ groupBy: "referers" }), [{ referer: "news.example", clicks: 1, ...nothing }, { referer: "(direct)", clicks: 2, ...nothing }]);
      assert.deepEqual(await of({ groupBy: "countries" }), []);
      for (const scope of [{ linkId: link.id }, { tagId: "analysed" }]) {
        const [first] = await dub.analytics.retrieve({ groupBy: "top_links", ...scope });
        assert.deepEqual([first.id, first.key, first.domain, first.shortLink, first.url, first.clicks], [link.id, "dub-analysed", host, link.shortLink, link.url, 3]);
        assert.deepEqual(await dub.analytics.retrieve({ groupBy: "top_urls", ...scope }), [{ url: link.url, clicks: 3, ...nothing }]);
      }
      // What the package's own schema has no place for.
      const utm = await server.api.get(`/api/dub/analytics?linkId=${link.id}&groupBy=utm_sources`);
      assert.deepEqual(utm.json, [{ utm_source: "mail", clicks: 3, ...nothing }]);
      await fails(of({ event: "sales" }), "BadRequest", 400, /event/);
      await fails(of({ groupBy: "cities" }), "BadRequest", 400, /groupBy/);
      await fails(of({ country: "DE" }), "BadRequest", 400, /country/);
      await fails(of({ tagId: "analysed" }), "BadRequest", 400, /one_scope|at once/);
      await fails(of({ timezone: "Mars/Olympus" }), "BadRequest", 400, /timezone/);
      await fails(dub.analytics.retrieve({ linkId: "none-such" }), "NotFound", 404);
      await fails(dub.analytics.retrieve({ domain: "nobodys.example" }), "NotFound", 404);
    });

    it("tags of links, domains and QR codes", async () => {
      const tags = await dub.tags.list();
      assert.ok(tags.some(({ id, name }) => id === "listed" && name === "listed"), JSON.stringify(tags));
      assert.deepEqual((await dub.tags.list({ search: "DUB-L1" })).map(({ id }) => id), ["dub-l1"]);
      const domain = await dub.domains.create({ slug: "dub.example", notFoundUrl: "https://example.com/lost" });
      assert.equal(domain.slug, "dub.example");
      const there = await dub.links.create({ url: "https://example.com/there", domain: "dub.example", key: "dub-there" });
      assert.equal(there.domain, "dub.example");
      assert.deepEqual(await dub.links.get({ domain: "dub.example", key: "dub-there" }), there);
      assert.deepEqual(await list({ domain: "dub.example" }), [there]);
      assert.equal((await dub.domains.update("dub.example", { notFoundUrl: "https://example.com/gone" })).notFoundUrl, "https://example.com/gone");
      const domains = [];
      for await (const page of await dub.domains.list()) domains.push(...page.result);
      assert.deepEqual(domains.map(({ slug }) => slug), ["dub.example", "upsert.example"]);
      await dub.domains.create({ slug: "dub2.example" });
      assert.deepEqual(await dub.domains.delete("dub2.example"), { slug: "dub2.example" });
      await fails(dub.domains.delete("dub2.example"), "NotFound", 404);
      // The package reads the picture as text, which no PNG outlives: that it is one is shown by a plain request.
      assert.match(await dub.qrCodes.get({ url: there.shortLink, size: 200 }), /PNG/);
      const answer = await fetch(there.qrCode, { headers: { Authorization: `Bearer ${server.key}` } });
      const png = PNG.sync.read(Buffer.from(await answer.arrayBuffer()));
      assert.equal(jsqr(new Uint8ClampedArray(png.data), png.width, png.height)?.data, there.shortLink);
    });

    it("errors are Dub's", async () => {
      await fails(client("ashlar_sk_wrong").links.count(), "Unauthorized", 401);
      const reader = client(server.newKey("demo", "links:read"));
      assert.ok(await reader.links.count() > 0);
      await fails(reader.links.create({ url: "https://example.com/" }), "Forbidden", 403, /links:write/);
      await fails(dub.links.create({ url: "nonsense" }), "UnprocessableEntity", 422);
      await fails(dub.links.create({ url: "https://example.com/", externalId: "mine" }), "UnprocessableEntity", 422, /externalId/);
      await fails(dub.links.create({ url: "https://example.com/", proxy: true }), "UnprocessableEntity", 422, /proxy/);
      await fails(dub.links.create({ url: "https://example.com/", keyLength: 100 }), "UnprocessableEntity", 422, /keyLength/);
      await fails(dub.links.update("dub-up", { key: "another" }), "UnprocessableEntity", 422, /key/);
      await fails(dub.links.get({ linkId: "none-such" }), "NotFound", 404);
      await fails(dub.links.list({ folderId: "fold_1" }), "BadRequest", 400, /folderId/);
      const large = await server.api.post("/api/dub/links", "x".repeat(1_100_000));
      assert.equal(large.status, 413);
      assert.deepEqual([large.json.error.code, typeof large.json.error.message, typeof large.json.error.doc_url], ["bad_request", "string", "string"]);
    });

    it("all of these methods were called", () => {
      assert.deepEqual(kMethods.filter((name) => !calls.has(name)), []);
      const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
      console.log(`npm dub ${kVersion} on ${kind}: ${kMethods.length} methods (all 10 of links), ${total} calls so far`);
    });
  });
}
