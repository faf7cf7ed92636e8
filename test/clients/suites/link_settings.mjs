// What a link may have beyond its target, as clients and visitors see it: settings, limits, passwords, tags.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Server } from "../support/server.mjs";
import { assertLink, assertProblem } from "./links.mjs";

const kVisitors = 64;
const kPlain = { valid_from: null, expired_url: null, max_clicks: null, clicks_left: null, has_password: false, forward_query: false, rules: [], variants: [],
  title: null, notes: null, owner: null, tags: [], archived: false };
const kIphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

export function linkSettingsSuite(kind) {
  describe(`settings of links on ${kind}`, { timeout: 300_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
    });
    after(() => server?.stop());

    const create = async (body, options) => {
      const made = await api.post("/v1/links", { url: "https://example.com/own", ...body }, options);
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const visit = (link, { path = "", ...options } = {}) => api.get(`/${link.code}${path}`, { key: null, ...options });
    const unlock = (link, password) => api.post(`/${link.code}/unlock`, new URLSearchParams({ password }).toString(),
      { key: null, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    const leadsTo = (answer, url, status = 302) => {
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.headers.location, url);
      assert.equal(answer.headers["cache-control"], "private, no-store");
    };

    it("a plain link has none of it, and is kept as before", async () => {
      const link = await create({ status: 301 });
      assertLink(link, kPlain);
      for (let i = 0; i < 2; ++i) {
        const answer = await visit(link);
        assert.equal(answer.status, 301);
        assert.equal(answer.headers["cache-control"], "private, max-age=90");
      }
    });

    it("rules, by device, language, time and query; the first that fits", async () => {
      const rule = (name, conditions) => ({ url: `https://example.com/${name}`, ...conditions });
      const link = await create({ status: 301, rules: [
        rule("early", { until: inSeconds(-60) }), rule("late", { from: inSeconds(3600) }),
        rule("ref", { query: [{ name: "ref", value: "a b" }] }), rule("ios", { os: ["ios"], devices: ["mobile"] }), rule("de", { languages: ["de"] })] });
      for (const [name, options] of [["own", {}], ["ref", { path: "?ref=a+b", headers: { "User-Agent": kIphone } }], ["own", { path: "?ref=ab" }],
        ["ios", { headers: { "User-Agent": kIphone, "Accept-Language": "de" } }], ["de", { headers: { "Accept-Language": "en;q=0.5, de-AT" } }],
        ["own", { headers: { "Accept-Language": "en, de;q=0.9" } }]]) {
        leadsTo(await visit(link, options), `https://example.com/${name}`);
      }
      const changed = await api.patch(`/v1/links/${link.code}`, { rules: [] });
      assert.deepEqual(changed.json.rules, []);
      assert.equal((await visit(link)).headers["cache-control"], "private, max-age=90");
    });

    it("variants: a visitor stays with one", async () => {
      const variants = [{ url: "https://example.com/a", weight: 1 }, { url: "https://example.com/b", weight: 3 }];
      const link = await create({ variants });
      assert.deepEqual(link.variants, variants);
      const got = { a: 0, b: 0 };
      for (let i = 0; i < 200; ++i) {
        const headers = { "User-Agent": `visitor ${i}` };
        const { location } = (await visit(link, { headers })).headers;
        leadsTo(await visit(link, { headers }), location);
        got[location.at(-1)] += 1;
      }
      assert.ok(got.a > 20 && got.b > 100, JSON.stringify(got));
    });

    it("the visit's query goes along, utm goes into the target", async () => {
      const link = await create({ url: "https://example.com/own?a=1#top", forward_query: true, utm: { source: "news letter", campaign: "spring" } });
      assert.equal(link.url, "https://example.com/own?a=1&utm_source=news%20letter&utm_campaign=spring#top");
      leadsTo(await visit(link, { path: "?b=2&c" }), "https://example.com/own?a=1&utm_source=news%20letter&utm_campaign=spring&b=2&c#top");
    });

    it("valid_from and expired_url", async () => {
      const later = await create({ valid_from: inSeconds(3600) });
      assertProblem(await visit(later), 404, "link_not_found");
      assert.equal((await api.patch(`/v1/links/${later.code}`, { valid_from: inSeconds(-1) })).status, 200);
      leadsTo(await visit(later), "https://example.com/own");
      const over = await create({ expires_at: new Date(Date.now() + 1200).toISOString(), expired_url: "https://example.com/over" });
      leadsTo(await visit(over), "https://example.com/own");
      await new Promise((done) => setTimeout(done, 1400));
      leadsTo(await visit(over), "https://example.com/over");
    });

    it(`of ${kVisitors} at once as many pass as the limit says, exactly`, async () => {
      const link = await create({ max_clicks: 1000 });
      assertLink(link, { max_clicks: 1000, clicks_left: 1000 });
      let passed = 0, refused = 0;
      const visitor = async () => {
        for (let i = 0; i < 20;) {
          const answer = await visit(link);
          if (answer.status === 503) continue;  // overloaded: nothing was taken
          if (answer.status === 302) passed += 1;
          else {
            assertProblem(answer, 410, "link_used_up");
            refused += 1;
          }
          i += 1;
        }
      };
      await Promise.all(Array.from({ length: kVisitors }, visitor));
      assert.deepEqual({ passed, refused }, { passed: 1000, refused: kVisitors * 20 - 1000 });
      assertLink((await api.get(`/v1/links/${link.code}`)).json, { clicks_left: 0 });
      await api.patch(`/v1/links/${link.code}`, { expired_url: "https://example.com/over", max_clicks: 1001 });
      leadsTo(await visit(link), "https://example.com/own");
      leadsTo(await visit(link), "https://example.com/over");
    });

    it("a password is asked for, and is told to nobody", async () => {
      const password = "open sesame";
      const answer = await api.post("/v1/links", { url: "https://example.com/own", password, max_clicks: 2 }, { headers: { "Idempotency-Key": `password-${process.pid}` } });
      assert.equal(answer.status, 201, answer.text);
      assertLink(answer.json, { has_password: true });
      const link = answer.json;
      for (const path of [`/v1/links/${link.code}`, "/v1/links?limit=100", "/v1/events?limit=100"]) {
        const { text } = await api.get(path);
        assert.ok(!text.includes(password) && !text.includes("argon2"), path);
      }
      assertProblem(await visit(link), 403, "password_required");
      const page = await visit(link, { headers: { Accept: "text/html" } });
      assert.equal(page.status, 403);
      assert.match(page.text, new RegExp(`<form method="post" action="/${link.code}/unlock">`));
      assert.equal(page.headers["cache-control"], "no-store");
      const asked = await visit(link, { path: "?a=1&vip='x", headers: { Accept: "text/html" } });
      assert.ok(asked.text.includes(`action="/${link.code}/unlock?a=1&amp;vip=`), asked.text);
      assertProblem(await unlock(link, "open"), 403, "wrong_password");
      leadsTo(await unlock(link, password), "https://example.com/own", 303);
      for (let i = 1; i < 10; ++i) assertProblem(await unlock(link, "guess"), 403, "wrong_password");
      const tooOften = await unlock(link, password);
      assertProblem(tooOften, 429, "too_many_attempts");
      assert.match(tooOften.headers["retry-after"], /^([2-9]|[1-9]\d+)$/);  // one field, and not that of every 429
      assertLink((await api.get(`/v1/links/${link.code}`)).json, { clicks_left: 1 });
      await api.patch(`/v1/links/${link.code}`, { password: null });
      leadsTo(await visit(link), "https://example.com/own");
      assertProblem(await api.post(`/${link.code}x/unlock`, "", { key: null }), 404, "link_not_found");
    });

    it("tags, owner, archive: kept, changed, found by", async () => {
      const tag = `tag-${process.pid}`;
      const one = await create({ tags: [tag, `${tag}-b`, tag], owner: tag, title: "One", notes: "for us" });
      assertLink(one, { tags: [tag, `${tag}-b`], owner: tag, title: "One", notes: "for us" });
      const two = await create({ tags: [tag], archived: true });
      const codes = async (query) => (await api.get(`/v1/links?${query}`)).json.data.map(({ code }) => code);
      assert.deepEqual(await codes(`tag=${tag}`), [two.code, one.code]);
      assert.deepEqual(await codes(`tag=${tag}&archived=false`), [one.code]);
      assert.deepEqual(await codes(`owner=${tag}`), [one.code]);
      assert.deepEqual(await codes(`tag=${tag}-c`), []);
      assert.equal((await visit(two)).status, 302);
      const tags = async () => Object.fromEntries((await api.get("/v1/link-tags?limit=100")).json.data.map(({ tag, links }) => [tag, links]));
      assert.equal((await tags())[tag], 2);
      await api.patch(`/v1/links/${one.code}`, { tags: [`${tag}-c`] });
      assert.deepEqual([(await tags())[tag], (await tags())[`${tag}-b`], (await tags())[`${tag}-c`]], [1, undefined, 1]);
      const first = (await api.get("/v1/link-tags?limit=1")).json;
      const second = (await api.get(`/v1/link-tags?limit=1&cursor=${first.next_cursor}`)).json;
      assert.ok(first.data[0].tag < second.data[0].tag);
    });

    it("what is wrong is named", async () => {
      for (const [body, field, reason] of [
        [{ expired_url: "ftp://example.com/" }, "/expired_url", "target_scheme"], [{ rules: [{ url: "https://example.com/" }] }, "/rules/0", "rule_without_condition"],
        [{ rules: [{ url: `${server.origin}/x`, os: ["ios"] }] }, "/rules/0/url", "target_is_ashlar"], [{ variants: [{ url: "https://example.com/" }] }, "/variants", "one_variant"],
        [{ tags: ["a,b"] }, "/tags/0", "bad_tag"], [{ valid_from: inSeconds(60), expires_at: inSeconds(30) }, "/valid_from", "valid_after_expiry"]]) {
        assertProblem(await api.post("/v1/links", { url: "https://example.com/", ...body }), 422, reason, field);
      }
      for (const body of [{ max_clicks: 0 }, { password: "abc" }, { rules: [{ url: "https://example.com/", os: ["beos"] }] }, { tags: [""] }]) {
        assertProblem(await api.post("/v1/links", { url: "https://example.com/", ...body }), 422, "invalid_request");
      }
    });
  });
}
