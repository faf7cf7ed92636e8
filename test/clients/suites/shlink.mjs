// Shlink's API as its own npm package uses it: every method of ShlinkApiClient, by both of its HTTP clients; then what other clients
// of that API see.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { ShlinkApiClient } from "@shlinkio/shlink-js-sdk";
import { ErrorType } from "@shlinkio/shlink-js-sdk/api-contract";
import { FetchHttpClient } from "@shlinkio/shlink-js-sdk/fetch";
import { NodeHttpClient } from "@shlinkio/shlink-js-sdk/node";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

const kVersion = createRequire(import.meta.url)("../node_modules/@shlinkio/shlink-js-sdk/package.json").version;
const kMethods = ["listShortUrls", "createShortUrl", "getShortUrl", "deleteShortUrl", "updateShortUrl", "getShortUrlRedirectRules", "setShortUrlRedirectRules",
  "getVisitsOverview", "getShortUrlVisits", "getTagVisits", "getDomainVisits", "getOrphanVisits", "getNonOrphanVisits", "deleteShortUrlVisits", "deleteOrphanVisits",
  "listTags", "tagsStats", "deleteTags", "editTag", "listDomains", "editDomainRedirects", "health", "mercureInfo"];

// The client, counting which of its methods ended as they should.
function counting(client, calls) {
  return new Proxy(client, {
    get(target, name) {
      if (!kMethods.includes(name)) return Reflect.get(target, name);
      return async (...args) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return target[name](...args);
      };
    },
  });
}

async function fails(promise, type, status, extra = {}) {
  const error = await promise.then((value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`), (reason) => reason);
  assert.equal(error.type, type, JSON.stringify(error));
  assert.equal(error.status, status);
  assert.ok(error.title && error.detail, JSON.stringify(error));
  for (const [name, value] of Object.entries(extra)) assert.deepEqual(error[name], value, name);
  return error;
}

const kIphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";

function shortUrls(it, at) {
  it("creates, gets, edits and lists short URLs", async () => {
    const { shlink, origin } = at();
    const plain = await shlink.createShortUrl({ longUrl: "https://example.com/shlink" });
    assert.deepEqual({ ...plain, shortCode: "", shortUrl: "", dateCreated: "" }, { shortCode: "", shortUrl: "", longUrl: "https://example.com/shlink", dateCreated: "",
      visitsSummary: { total: 0, nonBots: 0, bots: 0 }, tags: [], meta: { validSince: null, validUntil: null, maxVisits: null }, domain: null, title: null,
      crawlable: false, forwardQuery: false, hasRedirectRules: false });
    assert.equal(plain.shortUrl, `${origin}/${plain.shortCode}`);
    assert.ok(Math.abs(new Date(plain.dateCreated) - Date.now()) < 60_000, plain.dateCreated);
    const rich = await shlink.createShortUrl({ longUrl: "https://example.com/rich", customSlug: "sdk-rich", tags: ["two", "one"], title: "Rich", maxVisits: 3,
      validSince: "2020-01-01T00:00:00+01:00", validUntil: "2099-01-01T00:00:00Z", forwardQuery: true, crawlable: true });
    assert.equal(rich.shortCode, "sdk-rich");
    assert.deepEqual(rich.tags, ["one", "two"]);
    assert.deepEqual(rich.meta, { validSince: "2019-12-31T23:00:00+00:00", validUntil: "2099-01-01T00:00:00+00:00", maxVisits: 3 });
    assert.equal(rich.forwardQuery, true);
    assert.deepEqual(await shlink.getShortUrl({ shortCode: "sdk-rich" }), rich);
    assert.deepEqual(await shlink.getShortUrl({ shortCode: "sdk-rich", domain: new URL(origin).host }), rich);
    const edited = await shlink.updateShortUrl({ shortCode: "sdk-rich" }, { longUrl: "https://example.com/other", maxVisits: null, title: null, tags: ["one"] });
    assert.deepEqual(edited, { ...rich, longUrl: "https://example.com/other", title: null, tags: ["one"], meta: { ...rich.meta, maxVisits: null } });
    const short = { longUrl: "https://example.com/short-twice", shortCodeLength: 5, findIfExists: true };
    assert.equal((await shlink.createShortUrl(short)).shortCode, (await shlink.createShortUrl(short)).shortCode);
    const twice = { longUrl: "https://example.com/twice", title: "Twice", findIfExists: true };
    assert.deepEqual(await shlink.createShortUrl(twice), await shlink.createShortUrl(twice));
    for (const length of [4, 10]) {
      const { shortCode } = await shlink.createShortUrl({ longUrl: "https://example.com/length", shortCodeLength: length });
      assert.equal(shortCode.length, length);
    }
  });

  it("a deleted short URL is gone, and its code stays taken", async () => {
    const { shlink, server } = at();
    const { shortCode } = await shlink.createShortUrl({ longUrl: "https://example.com/gone", customSlug: "sdk-gone", tags: ["gone"] });
    const visit = () => server.api.get(`/${shortCode}`, { key: null });
    assert.equal((await visit()).status, 302);
    assert.equal(await shlink.deleteShortUrl({ shortCode }), undefined);
    assert.equal((await visit()).status, 404);
    await fails(shlink.getShortUrl({ shortCode }), ErrorType.INVALID_SHORTCODE, 404, { shortCode });
    await fails(shlink.deleteShortUrl({ shortCode }), ErrorType.INVALID_SHORTCODE, 404, { shortCode });
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", customSlug: shortCode }), ErrorType.INVALID_SLUG, 400);
    assert.deepEqual((await shlink.listShortUrls({ searchTerm: shortCode })).data, []);
    assert.ok(!(await shlink.listTags()).data.includes("gone"));
    assert.equal((await server.api.get(`/v1/links/${shortCode}`)).status, 404);
  });

  it("lists by page, search, tags, dates and order", async () => {
    const { shlink } = at();
    const make = (customSlug, title, ...tags) => shlink.createShortUrl({ longUrl: `https://example.com/list/${title}`, customSlug, title, tags: ["list", ...tags] });
    await make("list-a", "cherry", "red", "round");
    await make("list-b", "apple", "red");
    await make("list-c", "banana", "round");
    await shlink.createShortUrl({ longUrl: "https://example.com/list/used", customSlug: "list-d", title: "date", tags: ["list"], validUntil: "2099-01-01T00:00:00Z", maxVisits: 1 });
    await at().server.api.get("/list-d", { key: null });
    const codes = async (params) => (await shlink.listShortUrls({ tags: ["list"], ...params })).data.map(({ shortCode }) => shortCode.slice(-1)).join("");
    assert.equal(await codes({}), "dcba");
    assert.equal(await codes({ orderBy: { field: "dateCreated", dir: "ASC" } }), "abcd");
    assert.equal(await codes({ orderBy: { field: "title", dir: "ASC" } }), "bcad");
    assert.equal(await codes({ orderBy: { field: "title", dir: "DESC" } }), "dacb");
    assert.equal(await codes({ orderBy: { field: "shortCode", dir: "DESC" } }), "dcba");
    assert.equal(await codes({ orderBy: { field: "longUrl", dir: "ASC" } }), "bcad");
    assert.equal(await codes({ tags: ["red", "round"], tagsMode: "any" }), "cba");
    assert.equal(await codes({ tags: ["red", "round"], tagsMode: "all" }), "a");
    assert.equal(await codes({ excludeTags: ["red"] }), "dc");
    assert.equal(await codes({ excludeTags: ["red", "round"], excludeTagsMode: "all" }), "dcb");
    assert.equal(await codes({ searchTerm: "APPLE" }), "b");
    assert.equal(await codes({ excludeMaxVisitsReached: true }), "cba");
    assert.equal(await codes({ excludePastValidUntil: true }), "dcba");
    assert.equal(await codes({ startDate: "2099-01-01T00:00:00+01:00" }), "");
    assert.equal(await codes({ startDate: "2020-01-01", endDate: "2099-01-01T00:00:00Z" }), "dcba");
    assert.equal(await codes({ domain: "DEFAULT" }), "dcba");
    const second = await shlink.listShortUrls({ tags: ["list"], itemsPerPage: 3, page: "2" });
    assert.deepEqual(second.data.map(({ shortCode }) => shortCode), ["list-a"]);
    assert.deepEqual(second.pagination, { currentPage: 2, pagesCount: 2, itemsPerPage: 3, itemsInCurrentPage: 1, totalItems: 4 });
    const all = await shlink.listShortUrls({ itemsPerPage: 1, page: "2" });
    assert.equal(all.data.length, 1);
    assert.equal(all.data[0].shortCode, "list-c");
    assert.ok(all.pagination.totalItems >= 4);
    await fails(shlink.listShortUrls({ orderBy: { field: "colour", dir: "ASC" } }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["orderBy"] });
  });

  it("redirect rules, set and read back, decide redirects", async () => {
    const { shlink, server } = at();
    const { shortCode } = await shlink.createShortUrl({ longUrl: "https://example.com/own", customSlug: "sdk-rules" });
    assert.deepEqual(await shlink.getShortUrlRedirectRules({ shortCode }), { defaultLongUrl: "https://example.com/own", redirectRules: [] });
    const rules = [
      { longUrl: "https://example.com/ios", conditions: [{ type: "device", matchKey: null, matchValue: "ios" }, { type: "query-param", matchKey: "a", matchValue: "b" }] },
      { longUrl: "https://example.com/any", conditions: [{ type: "any-value-query-param", matchKey: "any", matchValue: null }] },
      { longUrl: "https://example.com/none", conditions: [{ type: "valueless-query-param", matchKey: "none", matchValue: null }] },
      { longUrl: "https://example.com/de", conditions: [{ type: "language", matchKey: null, matchValue: "de" }, { type: "browser", matchKey: null, matchValue: "firefox" },
        { type: "after-date", matchKey: null, matchValue: "2020-01-01T00:00:00Z" }, { type: "before-date", matchKey: null, matchValue: "2099-01-01T00:00:00Z" }] },
      { longUrl: "https://example.com/at", conditions: [{ type: "geolocation-country-code", matchKey: null, matchValue: "AT" }] },
    ];
    const set = await shlink.setShortUrlRedirectRules({ shortCode }, { redirectRules: rules });
    assert.deepEqual(set.redirectRules.map(({ priority }) => priority), [1, 2, 3, 4, 5]);
    const sorted = ({ longUrl, conditions }) => ({ longUrl, conditions: conditions.map((each) => JSON.stringify(each)).sort() });
    assert.deepEqual(set.redirectRules.map(sorted), rules.map(sorted));
    assert.deepEqual(await shlink.getShortUrlRedirectRules({ shortCode }), set);
    assert.equal((await shlink.getShortUrl({ shortCode })).hasRedirectRules, true);
    const to = async (path, headers = {}) => (await server.api.get(`/${shortCode}${path}`, { key: null, headers })).headers.location;
    assert.equal(await to(""), "https://example.com/own");
    assert.equal(await to("?a=b", { "User-Agent": kIphone }), "https://example.com/ios");
    assert.equal(await to("?a=b"), "https://example.com/own");
    assert.equal(await to("?any=x"), "https://example.com/any");
    assert.equal(await to("?none"), "https://example.com/none");
    assert.equal(await to("", { "Accept-Language": "de", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0" }), "https://example.com/de");
    for (const condition of [{ type: "ip-address", matchKey: null, matchValue: "192.0.2.1" }, { type: "browser", matchKey: null, matchValue: "android_browser" }, { type: "query-param", matchKey: null, matchValue: "x" }]) {
      await fails(shlink.setShortUrlRedirectRules({ shortCode }, { redirectRules: [{ longUrl: "https://example.com/", conditions: [condition] }] }),
        ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["redirectRules"] });
    }
    await fails(shlink.setShortUrlRedirectRules({ shortCode: "none-such" }, { redirectRules: [] }), ErrorType.INVALID_SHORTCODE, 404);
    assert.deepEqual((await shlink.setShortUrlRedirectRules({ shortCode }, { redirectRules: [] })).redirectRules, []);
  });
}

function visits(it, at) {
  it("visits of a short URL, a tag, a domain and all; deleted", async () => {
    const { shlink, server, origin } = at();
    const { shortCode } = await shlink.createShortUrl({ longUrl: "https://example.com/visited", customSlug: "sdk-visited", tags: ["visited"] });
    for (const headers of [{ Referer: "https://news.example/x" }, { "User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)" }, {}]) {
      await server.api.get(`/${shortCode}`, { key: null, headers });
    }
    await eventually("the clicks are kept", async () => (await shlink.getShortUrlVisits({ shortCode })).data.length === 3
      && (await shlink.getShortUrl({ shortCode })).visitsSummary.total === 3);
    const mine = await shlink.getShortUrlVisits({ shortCode });
    assert.deepEqual(mine.pagination, { currentPage: 1, pagesCount: 1, itemsPerPage: 10_000, itemsInCurrentPage: 3, totalItems: 3 });
    for (const visit of mine.data) {
      assert.equal(visit.visitedUrl, `${origin}/${shortCode}`);
      assert.ok(Math.abs(new Date(visit.date) - Date.now()) < 60_000);
      assert.equal(typeof visit.userAgent, "string");
    }
    assert.equal(mine.data.filter(({ potentialBot }) => potentialBot).length, 1);
    assert.equal(mine.data.filter(({ referer }) => referer === "https://news.example").length, 1);
    const people = await shlink.getShortUrlVisits({ shortCode }, { excludeBots: true });
    assert.equal(people.data.length, 2);
    assert.equal((await shlink.getShortUrlVisits({ shortCode }, { startDate: "2099-01-01T00:00:00Z" })).data.length, 0);
    assert.deepEqual((await shlink.getShortUrlVisits({ shortCode }, { itemsPerPage: 2, page: 2 })).data, [mine.data[2]]);
    assert.deepEqual((await shlink.getTagVisits("visited")).data, mine.data);
    assert.deepEqual((await shlink.getTagVisits("visited", { domain: "DEFAULT" })).data, mine.data);
    await fails(shlink.getTagVisits("never"), ErrorType.TAG_NOT_FOUND, 404);
    const ours = (list) => list.data.filter(({ visitedUrl }) => visitedUrl === `${origin}/${shortCode}`);
    assert.deepEqual(ours(await shlink.getDomainVisits("DEFAULT")), mine.data);
    await fails(shlink.getDomainVisits("nobodys.example"), ErrorType.DOMAIN_NOT_FOUND, 404);
    assert.deepEqual(ours(await shlink.getNonOrphanVisits()), mine.data);
    assert.deepEqual((await shlink.getOrphanVisits({ type: "base_url" })).data, []);
    const summary = { total: 3, nonBots: 2, bots: 1 };
    assert.deepEqual((await shlink.getShortUrl({ shortCode })).visitsSummary, summary);
    assert.deepEqual((await shlink.listShortUrls({ tags: ["visited"] })).data.map(({ visitsSummary }) => visitsSummary), [summary]);
    assert.deepEqual((await shlink.tagsStats()).data.find(({ tag }) => tag === "visited").visitsSummary, summary);
    const overview = await shlink.getVisitsOverview();
    assert.ok(overview.nonOrphanVisits.total >= 3);
    assert.ok(overview.nonOrphanVisits.bots >= 1);
    assert.equal(overview.nonOrphanVisits.nonBots, overview.nonOrphanVisits.total - overview.nonOrphanVisits.bots);
    const botsAlone = await shlink.createShortUrl({ longUrl: "https://example.com/bots", customSlug: "sdk-bots", tags: ["visited"] });
    for (let i = 0; i < 4; ++i) await server.api.get("/sdk-bots", { key: null, headers: { "User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)" } });
    await eventually("the bots are counted", async () => (await shlink.getShortUrl(botsAlone)).visitsSummary.bots === 4);
    const sorted = async (field) => (await shlink.listShortUrls({ tags: ["visited"], orderBy: { field, dir: "DESC" } })).data.map((each) => each.shortCode);
    assert.deepEqual(await sorted("visits"), ["sdk-bots", shortCode]);
    assert.deepEqual(await sorted("nonBotVisits"), [shortCode, "sdk-bots"]);
    await eventually("the clicks are added up", async () => (await server.api.get(`/v1/links/${shortCode}/analytics`)).json.totals.bots === 1);
    assert.deepEqual(overview.orphanVisits, { total: 0, nonBots: 0, bots: 0 });
    assert.deepEqual(await shlink.deleteShortUrlVisits({ shortCode }), { deletedVisits: 3 });
    assert.deepEqual((await shlink.getShortUrlVisits({ shortCode })).data, []);
    assert.deepEqual((await shlink.getShortUrl({ shortCode })).visitsSummary, { total: 0, nonBots: 0, bots: 0 });
    const report = (await server.api.get(`/v1/links/${shortCode}/analytics`)).json;
    assert.deepEqual(report.totals, { clicks: 0, visitors: 0, bots: 0 });
    assert.ok(report.top.every(({ values, other }) => values.length === 0 && other === 0), JSON.stringify(report.top));
    assert.deepEqual(await shlink.deleteShortUrlVisits({ shortCode: "sdk-bots" }), { deletedVisits: 4 });
    assert.deepEqual(await shlink.deleteShortUrlVisits({ shortCode: "sdk-bots" }), { deletedVisits: 0 });
    assert.deepEqual(await shlink.deleteOrphanVisits(), { deletedVisits: 0 });
    await fails(shlink.getShortUrlVisits({ shortCode: "none-such" }), ErrorType.INVALID_SHORTCODE, 404, { shortCode: "none-such" });
  });

  it("orphan visits: of a domain's base URL, of what is no short URL, and of what can be none", async () => {
    const { shlink, server } = at();
    const domain = "orphans.example";
    const lost = "https://example.com/lost";
    await shlink.editDomainRedirects({ domain, baseUrlRedirect: null, regular404Redirect: null, invalidShortUrlRedirect: lost });
    const visit = (path, headers = {}) => server.api.get(path, { key: null, headers: { Host: domain, ...headers } });
    assert.equal((await visit("/never-made?secret=1", { Referer: "https://news.example/x" })).headers.location, lost);
    assert.equal((await visit("/never-made", { "User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)" })).status, 302);
    assert.equal((await visit("/no.code%21")).status, 302);
    assert.equal((await visit("/")).status, 302);
    await server.api.get("/never-made", { key: null });  // on the installation's own host: nobody's
    await eventually("the visits are counted", async () => (await shlink.getVisitsOverview()).orphanVisits.total === 4);
    assert.deepEqual((await shlink.getVisitsOverview()).orphanVisits, { total: 4, nonBots: 3, bots: 1 });
    const all = await shlink.getOrphanVisits();
    assert.deepEqual(all.data.map(({ type }) => type), ["base_url", "regular_404", "invalid_short_url", "invalid_short_url"]);
    assert.deepEqual(all.data.map(({ visitedUrl }) => new URL(visitedUrl).pathname), ["/", "/no.code%21", "/never-made", "/never-made"]);
    assert.ok(all.data.every(({ visitedUrl }) => new URL(visitedUrl).hostname === domain), JSON.stringify(all.data));
    assert.deepEqual(all.data.map(({ potentialBot }) => potentialBot), [false, false, true, false]);
    assert.deepEqual(all.data.map(({ referer }) => referer), ["", "", "", "https://news.example"]);
    assert.ok(all.data.every(({ date }) => Math.abs(new Date(date) - Date.now()) < 60_000));
    assert.equal(all.pagination.totalItems, 4);
    for (const [type, count] of [["base_url", 1], ["regular_404", 1], ["invalid_short_url", 2]]) {
      const some = await shlink.getOrphanVisits({ type });
      assert.deepEqual(some.data, all.data.filter((each) => each.type === type));
      assert.equal(some.data.length, count);
    }
    assert.equal((await shlink.getOrphanVisits({ excludeBots: true })).data.length, 3);
    assert.deepEqual((await shlink.getOrphanVisits({ itemsPerPage: 3, page: 2 })).data, [all.data[3]]);
    assert.deepEqual((await shlink.getOrphanVisits({ startDate: "2099-01-01T00:00:00Z" })).data, []);
    assert.deepEqual((await shlink.getOrphanVisits({ domain })).data, all.data);
    assert.deepEqual((await shlink.getOrphanVisits({ domain: "DEFAULT" })).data, []);
    await fails(shlink.getOrphanVisits({ domain: "nobodys.example" }), ErrorType.DOMAIN_NOT_FOUND, 404);
    await fails(shlink.getOrphanVisits({ type: "lost" }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["type"] });
    assert.deepEqual(await shlink.deleteOrphanVisits(), { deletedVisits: 4 });
    assert.deepEqual((await shlink.getOrphanVisits()).data, []);
    assert.deepEqual((await shlink.getVisitsOverview()).orphanVisits, { total: 0, nonBots: 0, bots: 0 });
    assert.equal((await server.api.delete(`/v1/link-domains/${domain}`)).status, 204);
  });
}

function rest(it, at) {
  it("tags: listed, counted, renamed, deleted", async () => {
    const { shlink } = at();
    for (const [customSlug, ...tags] of [["tag-a", "t-one", "t-two"], ["tag-b", "t-one"]]) await shlink.createShortUrl({ longUrl: "https://example.com/tag", customSlug, tags });
    const { data } = await shlink.listTags();
    assert.ok(["t-one", "t-two"].every((tag) => data.includes(tag)), JSON.stringify(data));
    assert.deepEqual(data, [...data].sort());
    const stats = (await shlink.tagsStats()).data.find(({ tag }) => tag === "t-one");
    assert.deepEqual(stats, { tag: "t-one", shortUrlsCount: 2, visitsSummary: { total: 0, nonBots: 0, bots: 0 } });
    await fails(shlink.editTag({ oldName: "t-one", newName: "t-two" }), ErrorType.TAG_CONFLICT, 409);
    await fails(shlink.editTag({ oldName: "t-none", newName: "t-new" }), ErrorType.TAG_NOT_FOUND, 404);
    await fails(shlink.editTag({ oldName: "t-one", newName: "" }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["newName"] });
    assert.deepEqual(await shlink.editTag({ oldName: "t-one", newName: "t-1" }), { oldName: "t-one", newName: "t-1" });
    assert.deepEqual((await shlink.getShortUrl({ shortCode: "tag-a" })).tags, ["t-1", "t-two"]);
    assert.deepEqual(await shlink.deleteTags(["t-1", "t-two"]), { tags: ["t-1", "t-two"] });
    for (const shortCode of ["tag-a", "tag-b"]) assert.deepEqual((await shlink.getShortUrl({ shortCode })).tags, []);
    assert.ok(!(await shlink.listTags()).data.some((tag) => tag.startsWith("t-")));
  });

  it("domains: made by their redirects, listed, with codes of their own", async () => {
    const { shlink, origin } = at();
    const { host } = new URL(origin);
    const redirects = { baseUrlRedirect: "https://example.com/base", regular404Redirect: null, invalidShortUrlRedirect: "https://example.com/lost" };
    assert.deepEqual(await shlink.editDomainRedirects({ domain: "go.example", ...redirects }), redirects);
    assert.deepEqual(await shlink.editDomainRedirects({ domain: "go.example", baseUrlRedirect: null }), { ...redirects, baseUrlRedirect: null });
    const none = { baseUrlRedirect: null, regular404Redirect: null, invalidShortUrlRedirect: null };
    assert.deepEqual(await shlink.listDomains(), { data: [{ domain: host, isDefault: true, redirects: none },
      { domain: "go.example", isDefault: false, redirects: { ...redirects, baseUrlRedirect: null } }], defaultRedirects: none });
    await fails(shlink.editDomainRedirects({ domain: host, ...none }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["domain"] });
    const there = await shlink.createShortUrl({ longUrl: "https://example.com/there", customSlug: "sdk-both", domain: "go.example" });
    const here = await shlink.createShortUrl({ longUrl: "https://example.com/here", customSlug: "sdk-both" });
    assert.equal(there.domain, "go.example");
    assert.equal(here.domain, null);
    assert.deepEqual(await shlink.getShortUrl({ shortCode: "sdk-both", domain: "go.example" }), there);
    assert.deepEqual((await shlink.listShortUrls({ domain: "go.example" })).data, [there]);
    assert.equal((await shlink.updateShortUrl({ shortCode: "sdk-both", domain: "go.example" }, { title: "There" })).title, "There");
    assert.deepEqual((await shlink.getDomainVisits("go.example")).data, []);
    await shlink.deleteShortUrl({ shortCode: "sdk-both", domain: "go.example" });
    assert.deepEqual(await shlink.getShortUrl({ shortCode: "sdk-both" }), here);
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", domain: "nobodys.example" }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["domain"] });
  });

  it("health, and a hub that there is none of", async () => {
    const { shlink, origin } = at();
    const health = await shlink.health();
    assert.equal(health.status, "pass");
    assert.match(health.version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(await shlink.health({ domain: new URL(origin).host }), health);
    await fails(shlink.mercureInfo(), ErrorType.MERCURE_NOT_CONFIGURED, 501);
  });

  it("errors are Shlink's, of every layer", async () => {
    const { shlink, server, client } = at();
    const as = (key) => client(key);
    await fails(as("").listTags(), ErrorType.INVALID_AUTHORIZATION, 401, { expectedHeaders: ["X-Api-Key"] });
    await fails(as("ashlar_sk_wrong").listTags(), ErrorType.INVALID_API_KEY, 401);
    const reader = as(server.newKey("demo", "links:read"));
    assert.ok((await reader.listShortUrls()).data.length > 0);
    assert.equal((await fails(reader.createShortUrl({ longUrl: "https://example.com/" }), "https://ashlar.dev/problems/missing_scope", 403)).reason, "missing_scope");
    await fails(shlink.createShortUrl({ longUrl: "ftp://example.com/" }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["longUrl"] });
    await fails(shlink.createShortUrl({}), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["longUrl"] });
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", customSlug: "no slash/es" }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["customSlug"] });
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", maxVisits: -1, validUntil: "tomorrow" }), ErrorType.INVALID_ARGUMENT, 400);
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", title: "x".repeat(201) }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["title"] });
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", tags: ["x".repeat(51)] }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["tags"] });
    await fails(shlink.createShortUrl({ longUrl: "https://example.com/", shortCodeLength: 3 }), ErrorType.INVALID_ARGUMENT, 400, { invalidElements: ["shortCodeLength"] });
    await fails(shlink.updateShortUrl({ shortCode: "none-such" }, {}), ErrorType.INVALID_SHORTCODE, 404, { shortCode: "none-such" });
    const key = { "X-Api-Key": server.key };
    const bad = await server.api.post("/rest/v3/short-urls", "{", { key: null, headers: key });
    assert.equal(bad.json.type, ErrorType.INVALID_ARGUMENT);
    const large = await server.api.post("/rest/v3/short-urls", "x".repeat(300_000), { key: null, headers: key });
    assert.equal(large.status, 413);
    assert.equal(large.headers["content-type"], "application/problem+json");
    assert.deepEqual([large.json.status, typeof large.json.type, typeof large.json.title, typeof large.json.detail], [413, "string", "string", "string"]);
    // A key where other routes take it, or a cookie, proves nobody here.
    assert.equal((await server.api.get("/rest/v3/tags")).json.type, ErrorType.INVALID_AUTHORIZATION);
    assert.equal((await server.api.get("/rest/v3/tags", { key: null, headers: { Cookie: "ashlar_session=x" } })).status, 401);
    assert.equal((await server.api.get("/v1/links", { key: null, headers: key })).status, 401);
  });
}

export function shlinkSuite(kind, how) {
  describe(`npm @shlinkio/shlink-js-sdk ${kVersion} (${how}) on ${kind}`, { timeout: 300_000 }, () => {
    const calls = new Map();
    let server, at;
    const it = (name, run) => test(`${kind}, ${how}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      const client = (apiKey) => new ShlinkApiClient(how === "fetch" ? new FetchHttpClient() : new NodeHttpClient(), { baseUrl: server.origin, apiKey });
      at = { server, origin: server.origin, client, shlink: counting(client(server.key), calls) };
    });
    after(() => server?.stop());
    for (const part of [shortUrls, visits, rest]) part(it, () => at);
    it("every method of the client was called", () => {
      const own = Object.getOwnPropertyNames(ShlinkApiClient.prototype).filter((name) => name !== "constructor");
      assert.deepEqual(own.sort(), [...kMethods].sort());
      assert.deepEqual(kMethods.filter((name) => !calls.has(name)), []);
      const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
      console.log(`npm @shlinkio/shlink-js-sdk ${kVersion} (${how}) on ${kind}: all ${kMethods.length} methods, ${total} calls`);
    });
  });
}
