// What is done to many links in one request; links that are found instead of made; titles of pages; and previews: who would get what.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { mmdbOf } from "../support/mmdb.mjs";
import { eventually, removeFolder, temporaryFolder } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { assertLink, assertProblem } from "./links.mjs";

const kMany = 1000;
const kCrowd = 64;
const kIphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const numbers = (count) => Array.from({ length: count }, (_, i) => i);
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

export function linkBulkSuite(kind) {
  describe(`many links at once on ${kind}`, { timeout: 300_000 }, () => {
    let server, api, folder, pages;
    const asked = [];  // of our pages
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      folder = temporaryFolder();
      writeFileSync(join(folder, "geo.mmdb"), mmdbOf({ "203.0.113.0/24": "DE", "198.51.100.0/25": "AT" }));
      server = await Server.start({ store: kind, sets: { "links.geoip_file": join(folder, "geo.mmdb"), "links.titles_allow_private": true, "http.trusted_proxies": "127.0.0.0/8" } });
      api = server.api;
      pages = createServer((request, answer) => {
        asked.push(request.url);
        if (request.url === "/around") answer.writeHead(302, { Location: "/page" }).end();
        else answer.writeHead(200, { "Content-Type": "text/html; charset=iso-8859-1" }).end(Buffer.from("<html><title>Gr\xfc\xdfe &amp; mehr</title>", "latin1"));
      });
      await new Promise((done) => pages.listen(0, "127.0.0.1", done));
    });
    after(async () => {
      await server?.stop();
      pages?.close();
      if (folder) removeFolder(folder);
    });

    const bulk = async (links, options) => {
      const answer = await api.post("/v1/links/bulk", { links }, options);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const update = async (body) => {
      const answer = await api.post("/v1/links/bulk-update", body);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const get = async (code) => (await api.get(`/v1/links/${code}`)).json;

    it("a thousand links in one request, each followed at once", async () => {
      const started = performance.now();
      const made = await bulk(numbers(kMany).map((i) => ({ url: `https://example.com/many/${i}`, tags: ["many"] })));
      const took_ms = performance.now() - started;
      assert.deepEqual([made.created, made.found, made.refused, made.results.length], [kMany, 0, 0, kMany]);
      made.results.forEach(({ index, outcome, link, problem }, i) => {
        assert.deepEqual([index, outcome, problem, link.url], [i, "created", null, `https://example.com/many/${i}`]);
      });
      assert.equal(new Set(made.results.map(({ link }) => link.code)).size, kMany);
      for (const i of [0, 499, 999]) {
        const answer = await api.get(`/${made.results[i].link.code}`, { key: null });
        assert.equal(answer.headers.location, `https://example.com/many/${i}`);
      }
      console.log(`${kind}: ${kMany} links in one request: ${took_ms.toFixed(0)} ms`);
    });

    it("each item for itself: what is wrong with one is told of it alone", async () => {
      const made = await bulk([{ url: "https://example.com/", code: "bulk-one" }, { url: "https://example.com/", code: "bulk-one" }, { url: "gopher://example.com/" }, { url: 5 },
        { url: "https://example.com/", what: 1 }, { url: "https://example.com/last", code: "bulk-last", password: "open it" }]);
      assert.deepEqual(made.results.map(({ outcome, problem }) => problem?.reason ?? outcome), ["created", "code_taken", "target_scheme", "invalid_request", "invalid_request", "created"]);
      assert.deepEqual([made.created, made.found, made.refused], [2, 0, 4]);
      assert.deepEqual(made.results[3].problem.errors.map(({ field, reason }) => `${field} ${reason}`), ["/url wrong_type"]);
      assert.equal((await api.get("/bulk-last", { key: null })).status, 403);
      assert.equal((await get("bulk-one")).url, "https://example.com/");
    });

    it("what is no list of links is refused whole", async () => {
      const post = (body) => api.post("/v1/links/bulk", body);
      assertProblem(await post({ links: [] }), 422, "invalid_request", "/links");
      assertProblem(await post({ links: numbers(kMany + 1).map(() => ({ url: "https://example.com/" })) }), 422, "invalid_request", "/links");
      assertProblem(await post({}), 422, "invalid_request", "/links");
      assertProblem(await post({ links: numbers(11).map((i) => ({ url: "https://example.com/", password: `pass ${i}` })) }), 422, "too_many_passwords", "/links");
      assertProblem(await post(`{"links":[${"[".repeat(50)}`), 400, "too_deep");
      assertProblem(await post({ links: [{ url: "https://example.com/", notes: "x".repeat(4 * 1024 * 1024) }] }), 413, "body_too_large");
    });

    it("a repeat under one Idempotency-Key makes none again", async () => {
      const headers = { "Idempotency-Key": "bulk-1" };
      const links = numbers(20).map((i) => ({ url: `https://example.com/once/${i}`, tags: ["once"] }));
      const [first, ...others] = await Promise.all(numbers(4).map(() => bulk(links, { headers })));
      for (const other of others) assert.deepEqual(other, first);
      assert.equal((await api.get("/v1/links?tag=once&limit=100")).json.data.length, 20);
      assertProblem(await api.post("/v1/links/bulk", { links: links.slice(1) }, { headers }), 422, "idempotency_key_reused");
    });

    it("find_if_exists: the newest link that does the same, also for a crowd at once", async () => {
      const url = "https://example.com/same";
      const body = { url, find_if_exists: true };
      const made = await Promise.all(numbers(kCrowd).map(() => api.post("/v1/links", body)));
      assert.equal(new Set(made.map(({ json }) => json.code)).size, 1, "one link for all");
      assert.deepEqual([made.filter(({ status }) => status === 201).length, made.filter(({ status }) => status === 200).length], [1, kCrowd - 1]);
      const { code } = made[0].json;
      const ios = { ...body, rules: [{ url: "https://example.com/ios", os: ["ios"] }] };
      const ruled = await api.post("/v1/links", ios);
      assert.equal(ruled.status, 201);
      assert.equal((await api.post("/v1/links", ios)).json.code, ruled.json.code);
      const again = await api.post("/v1/links", body);
      assert.deepEqual([again.status, again.json.code], [200, code]);
      assert.equal(again.headers.etag, '"v1"');
      await api.patch(`/v1/links/${code}`, { enabled: false });
      const other = await api.post("/v1/links", body);
      assert.equal(other.status, 201, "one that is switched off does not do");
      assertProblem(await api.post("/v1/links", { ...body, password: "secret" }), 422, "find_with_password", "/find_if_exists");
      const many = await bulk([body, body, { url: `${url}/new`, find_if_exists: true }, { url: `${url}/new`, find_if_exists: true }]);
      assert.deepEqual(many.results.map(({ outcome }) => outcome), ["found", "found", "created", "found"]);
      assert.equal(many.results[0].link.code, other.json.code);
      assert.equal(many.results[3].link.code, many.results[2].link.code);
    });

    it("changes many by their codes, and the next redirect follows", async () => {
      const made = await bulk(numbers(30).map((i) => ({ url: `https://example.com/change/${i}`, tags: ["old", "kept"] })));
      const codes = made.results.map(({ link }) => link.code);
      assert.equal((await api.get(`/${codes[0]}`, { key: null })).status, 302);
      const set = { enabled: false, owner: "ada", tags_add: ["new"], tags_remove: ["old"], archived: true, expires_at: inSeconds(3600) };
      const done = await update({ codes: [...codes, "nobodys"], set });
      assert.deepEqual([done.changed, done.unchanged, done.refused, done.next_cursor], [30, 0, 1, null]);
      assert.deepEqual(done.results[30], { code: "nobodys", domain: null, outcome: "refused", problem: { reason: "link_not_found", detail: "There is no such link.", errors: [] } });
      for (const code of codes.slice(0, 3)) {
        assert.equal((await api.get(`/${code}`, { key: null })).status, 410);
        assertLink(await get(code), { enabled: false, owner: "ada", tags: ["kept", "new"], archived: true, expires_at: set.expires_at });
      }
      const again = await update({ codes, set });
      assert.deepEqual([again.changed, again.unchanged], [0, 30]);
      assertProblem(await api.post("/v1/links/bulk-update", { codes, set: {} }), 422, "nothing_to_set", "/set");
      assertProblem(await api.post("/v1/links/bulk-update", { set }), 422, "codes_or_filter", "/codes");
    });

    it("changes all that a filter finds, page by page", async () => {
      await bulk(numbers(250).map((i) => ({ url: `https://example.com/pages/${i}`, tags: ["pages"] })));
      let cursor = null;
      let changed = 0, pages_asked = 0;
      do {
        const page = await update({ filter: { tag: "pages" }, limit: 100, ...(cursor ? { cursor } : {}), set: { tags_add: ["paged"] } });
        changed += page.changed;
        ++pages_asked;
        cursor = page.next_cursor;
      } while (cursor !== null && pages_asked < 10);
      assert.equal(changed, 250);
      const tags = (await api.get("/v1/link-tags?limit=100")).json.data;
      assert.deepEqual(tags.filter(({ tag }) => tag === "paged"), [{ tag: "paged", links: 250 }]);
      assertProblem(await api.post("/v1/links/bulk-update", { filter: {}, cursor: "made-up", set: { archived: true } }), 400, "invalid_cursor");
    });

    it("a link may be called as the routes are", async () => {
      for (const code of ["bulk", "bulk-update"]) {
        assert.equal((await api.post("/v1/links", { url: "https://example.com/", code })).status, 201);
        assert.equal((await get(code)).code, code);
        assert.equal((await api.patch(`/v1/links/${code}`, { title: "T" })).json.title, "T");
        assertProblem(await api.delete(`/v1/links/${code}`), 405, "method_not_allowed");
      }
    });

    it("another tenant's links are nobody's", async () => {
      const { code } = (await bulk([{ url: "https://example.com/mine" }])).results[0].link;
      server.newTenant(`other-${kind}`);
      const other = server.client(server.newKey(`other-${kind}`, "links:read", "links:write"));
      const done = (await other.post("/v1/links/bulk-update", { codes: [code], set: { enabled: false } })).json;
      assert.equal(done.results[0].problem.reason, "link_not_found");
      assert.equal((await other.post("/v1/links/bulk-update", { filter: {}, set: { enabled: false } })).json.results.length, 0);
      assertProblem(await other.post(`/v1/links/${code}/preview`, {}), 404, "link_not_found");
      assert.equal((await get(code)).enabled, true);
    });

    it("fetch_title: the page's title, in the background", async () => {
      const { port } = pages.address();
      const link = (await api.post("/v1/links", { url: `http://127.0.0.1:${port}/around`, fetch_title: true })).json;
      assert.equal(link.title, null);
      await eventually("the title", async () => (await get(link.code)).title !== null, 20_000);
      assert.equal((await get(link.code)).title, "Grüße & mehr");
      assert.deepEqual(asked, ["/around", "/page"]);
      const named = (await bulk([{ url: `http://127.0.0.1:${port}/named`, title: "By hand", fetch_title: true }])).results[0].link;
      assert.equal(named.title, "By hand");
    });

    it("countries: a rule by where the visitor is", async () => {
      const link = (await api.post("/v1/links", { url: "https://example.com/own", rules: [{ url: "https://example.com/alps", countries: ["at", "CH"] }] })).json;
      assert.deepEqual(link.rules[0].countries, ["AT", "CH"]);
      for (const [address, url] of [["198.51.100.7", "alps"], ["203.0.113.7", "own"], ["198.51.100.200", "own"], ["::ffff:198.51.100.7", "alps"]]) {
        const answer = await api.get(`/${link.code}`, { key: null, headers: { "X-Forwarded-For": address } });
        assert.equal(answer.headers.location, `https://example.com/${url}`, address);
        assert.equal(answer.headers["cache-control"], "private, no-store");
      }
      assertProblem(await api.post("/v1/links", { url: "https://example.com/", rules: [{ url: "https://example.com/x", countries: ["AUT"] }] }), 422, "invalid_request", "/rules/0/countries/0");
    });

    it("a preview tells who would get what, as the redirect then does, and counts nothing", async () => {
      const link = (await api.post("/v1/links", { url: "https://example.com/own", max_clicks: 1, rules: [{ url: "https://example.com/ios", os: ["ios"], countries: ["DE"] },
        { url: "https://example.com/de", languages: ["de"] }], variants: [{ url: "https://example.com/a", weight: 1 }, { url: "https://example.com/b", weight: 3 }] })).json;
      const preview = async (body) => {
        const answer = await api.post(`/v1/links/${link.code}/preview`, body);
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
      };
      const ios = await preview({ user_agent: kIphone, ip: "203.0.113.9", accept_language: "fr" });
      assert.deepEqual([ios.status, ios.why, ios.index, ios.url], [302, "rule", 0, "https://example.com/ios"]);
      assert.deepEqual(ios.visitor, { device: "mobile", os: "ios", browser: "safari", language: "fr", country: "DE", region: null });
      assert.deepEqual(ios.rules, [{ url: "https://example.com/ios", holds: true, failing: [] }, { url: "https://example.com/de", holds: false, failing: ["languages"] }]);
      const german = await preview({ accept_language: "de-AT", country: "AT" });
      assert.deepEqual([german.why, german.index, german.url], ["rule", 1, "https://example.com/de"]);
      assert.deepEqual(german.rules[0].failing, ["os", "countries"]);
      const nobody = await preview({});
      assert.deepEqual([nobody.why, nobody.index, nobody.url], ["variant", null, null]);
      assert.deepEqual(nobody.variants.map(({ share }) => share), [0.25, 0.75]);
      const tried = await preview({ rules: [{ url: "https://example.com/tried", query: [{ name: "x" }] }], query: "x=1" });
      assert.equal(tried.url, "https://example.com/tried");
      assert.equal((await preview({ time: inSeconds(3600) })).status, 302);
      assert.equal((await get(link.code)).clicks_left, 1, "nothing is counted");
      const known = await preview({ user_agent: "curl", ip: "192.0.2.4" });
      const followed = await api.get(`/${link.code}`, { key: null, headers: { "User-Agent": "curl", "X-Forwarded-For": "192.0.2.4" } });
      assert.equal(followed.headers.location, known.url);
      const after_it = await preview({});
      assert.deepEqual([after_it.status, after_it.why, after_it.url], [410, "used_up", null]);
      assertProblem(await api.post(`/v1/links/${link.code}/preview`, { ip: "somewhere" }), 422, "bad_format", "/ip");
      assertProblem(await api.post("/v1/links/nobodys/preview", {}), 404, "link_not_found");
    });
  });
}
