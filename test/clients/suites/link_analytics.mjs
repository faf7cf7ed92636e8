// Who followed links, and when, as clients see it: totals, series, top lists, exports; and that a kill at any moment leaves each click
// counted as often for tags and tenants as for its link.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, sleep } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

const kIphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const kFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const kBot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const kKills = 6;

export function linkAnalyticsSuite(kind) {
  describe(`analytics of links on ${kind}`, { timeout: 300_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind, sets: { "http.trusted_proxies": "127.0.0.1" } });
      api = server.api;
    });
    after(() => server?.stop());

    const create = async (body) => {
      const made = await api.post("/v1/links", { url: "https://example.com/own", ...body });
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const visit = async (link, { agent = kFirefox, address = "192.0.2.1", referrer, path = "" } = {}) => {
      const headers = { "User-Agent": agent, "X-Forwarded-For": address, ...(referrer ? { Referer: referrer } : {}) };
      const answer = await api.get(`/${link.code}${path}`, { key: null, headers });
      assert.ok([302, 307].includes(answer.status), answer.text);
    };
    const report = async (path) => {
      const answer = await api.get(path);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const whole = (path, clicks) => eventually(`${path} tells of ${clicks} clicks`, async () => {
      const json = await report(path);
      return json.totals.clicks === clicks && json.detail.of === clicks;
    }, 20_000);
    const top = (json, dimension) => Object.fromEntries(json.top.find((list) => list.dimension === dimension).values.map(({ value, clicks }) => [value, clicks]));

    it("a link's clicks, visitors, bots and where they came from", async () => {
      const link = await create({ code: "told", tags: ["spring", "shop"], owner: "ada" });
      await visit(link, { referrer: "https://news.example/story?secret=1", agent: kIphone });
      await visit(link, { agent: kIphone });
      await visit(link, { address: "192.0.2.2", path: "?utm_source=news+letter&utm_campaign=spring" });
      await visit(link, { agent: kBot, address: "192.0.2.3" });
      await whole(`/v1/links/${link.code}/analytics`, 4);
      const json = await report(`/v1/links/${link.code}/analytics`);
      assert.equal(json.scope, "link");
      assert.equal(json.name, "told");
      assert.deepEqual(json.totals, { clicks: 4, visitors: 2, bots: 1 });
      assert.deepEqual(json.detail, { sampled: false, one_in: 1, kept: 4, of: 4 });
      assert.equal(json.interval, "day");
      assert.equal(json.series.reduce((sum, { clicks }) => sum + clicks, 0), 4);
      assert.deepEqual(top(json, "referrer"), { "news.example": 1 });
      assert.deepEqual(top(json, "device"), { mobile: 2, bot: 1, desktop: 1 });
      assert.deepEqual(top(json, "os"), { ios: 2, linux: 1 });
      assert.deepEqual(top(json, "browser"), { safari: 2, firefox: 1 });
      assert.deepEqual(top(json, "utm_source"), { "news letter": 1 });
      assert.deepEqual(json.top.find(({ dimension }) => dimension === "referrer"), { dimension: "referrer", values: [{ value: "news.example", clicks: 1 }], other: 0, unknown: 3, error: 0 });
      assert.ok(!json.top.some(({ dimension }) => dimension === "link"));
      const people = await report(`/v1/links/${link.code}/analytics?bots=false&top=1&interval=hour`);
      assert.deepEqual(people.totals, { clicks: 3, visitors: 2, bots: 0 });
      assert.deepEqual(people.top.find(({ dimension }) => dimension === "device"), { dimension: "device", values: [{ value: "mobile", clicks: 2 }], other: 1, unknown: 0, error: 0 });
    });

    it("what was taken of rules and variants; passwords count the same", async () => {
      const link = await create({ code: "ruled", rules: [{ url: "https://example.com/never", languages: ["tlh"] }, { url: "https://example.com/ios", os: ["ios"] }] });
      await visit(link, { agent: kIphone });
      await visit(link);
      await whole(`/v1/links/${link.code}/analytics`, 2);
      assert.deepEqual(top(await report(`/v1/links/${link.code}/analytics`), "choice"), { "rule 2": 1 });
      const kept = await create({ code: "kept-in", password: "sesame" });
      const unlocked = await api.post(`/${kept.code}/unlock`, new URLSearchParams({ password: "sesame" }).toString(),
        { key: null, headers: { "Content-Type": "application/x-www-form-urlencoded", "User-Agent": kIphone } });
      assert.equal(unlocked.status, 303, unlocked.text);
      await whole(`/v1/links/${kept.code}/analytics`, 1);
      assert.deepEqual(top(await report(`/v1/links/${kept.code}/analytics`), "os"), { ios: 1 });
    });

    it("tags, owners and all links add up", async () => {
      const link = await create({ code: "other", tags: ["spring"] });
      for (let i = 0; i < 3; ++i) await visit(link, { address: `192.0.2.${10 + i}` });
      await whole("/v1/link-analytics?tag=spring", 7);
      const spring = await report("/v1/link-analytics?tag=spring");
      assert.equal(spring.scope, "tag");
      assert.equal(spring.name, "spring");
      assert.deepEqual(top(spring, "link"), { told: 4, other: 3 });
      assert.equal(spring.totals.visitors, 5);
      assert.equal((await report("/v1/link-analytics?tag=shop")).totals.clicks, 4);
      assert.equal((await report("/v1/link-analytics?owner=ada")).totals.clicks, 4);
      assert.equal((await report("/v1/link-analytics?tag=nobodys")).totals.clicks, 0);
      const all = await report("/v1/link-analytics");
      assert.equal(all.scope, "all");
      assert.equal(all.name, null);
      assert.equal(all.totals.clicks, 10);
    });

    it("domains add up, and links on them are told apart", async () => {
      assert.equal((await api.post("/v1/link-domains", { host: "go.example" })).status, 201);
      const link = await create({ code: "told", domain: "go.example" });
      for (let i = 0; i < 2; ++i) {
        const answer = await api.get(`/${link.code}`, { key: null, headers: { Host: "go.example", "User-Agent": kIphone } });
        assert.equal(answer.status, 302, answer.text);
      }
      await whole("/v1/link-analytics?domain=go.example", 2);
      const json = await report("/v1/link-analytics?domain=go.example");
      assert.deepEqual([json.scope, json.name], ["domain", "go.example"]);
      assert.deepEqual(top(json, "link"), { "go.example/told": 2 });
      assert.equal((await report("/v1/links/told/analytics?domain=go.example")).totals.clicks, 2);
      assert.equal((await report("/v1/links/told/analytics")).totals.clicks, 4);
      assertProblem(await api.get("/v1/link-analytics?domain=nobodys.example"), 404, "domain_not_found");
    });

    it("ranges and time zones", async () => {
      const days = await report("/v1/links/told/analytics?zone=Asia/Tokyo&interval=day&from=2026-03-01T00:00:00%2B09:00&to=2026-03-03T00:00:00%2B09:00");
      assert.deepEqual(days.series.map(({ start }) => start), ["2026-02-28T15:00:00Z", "2026-03-01T15:00:00Z"]);
      assert.deepEqual(days.totals, { clicks: 0, visitors: 0, bots: 0 });
      assert.equal(days.to, "2026-03-02T15:00:00Z");
      const hours = await report(`/v1/links/told/analytics?interval=hour&from=${new Date(Date.now() - 3_600_000).toISOString()}`);
      assert.ok(hours.series.length === 2 && hours.totals.clicks === 4, JSON.stringify(hours.series));
      for (const [query, field, reason] of [["from=yesterday", "?from", "bad_timestamp"], ["from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?to", "range_empty"],
        ["interval=week", "?interval", "not_allowed"], ["zone=Nowhere/Town", "?zone", "zone_unknown"], ["bots=no", "?bots", "not_allowed"], ["top=101", "?top", "out_of_range"],
        ["interval=hour&from=2020-01-01T00:00:00Z", "?from", "range_too_long"]]) {
        const refused = await api.get(`/v1/links/told/analytics?${query}`);
        assertProblem(refused, 400, "invalid_request");
        assert.deepEqual(refused.json.errors.map(({ field, reason }) => [field, reason]), [[field, reason]], query);
      }
      const two = await api.get("/v1/link-analytics?tag=a&owner=b");
      assert.equal(two.json.errors[0].reason, "one_scope", two.text);
      assertProblem(await api.get("/v1/links/nobodys/analytics"), 404, "link_not_found");
    });

    it("exports as CSV and JSON Lines", async () => {
      const link = await create({ code: "lines" });
      await visit(link, { path: "?utm_source=%3Dcmd%7C%22a%22%2Cb" });
      await whole(`/v1/links/${link.code}/analytics`, 1);
      const csv = await api.get(`/v1/links/${link.code}/analytics/export`);
      assert.equal(csv.headers["content-type"], "text/csv; charset=utf-8");
      const lines = csv.text.split("\r\n");
      assert.equal(lines[0], "kind,start,dimension,value,clicks,visitors,bots");
      assert.ok(lines.includes('value,,utm_source,"\'=cmd|""a"",b",1,,'), csv.text);
      assert.equal(lines.filter((line) => line.startsWith("interval,")).length, 31);
      const jsonl = await api.get("/v1/link-analytics/export?format=jsonl");
      const rows = jsonl.text.trim().split("\n").map((line) => JSON.parse(line));
      assert.ok(rows.some(({ kind, dimension, value, clicks }) => kind === "value" && dimension === "link" && value === "lines" && clicks === 1), jsonl.text);
      const refused = await api.get("/v1/link-analytics/export?format=xlsx");
      assert.equal(refused.json.errors[0].field, "?format", refused.text);
    });

    it("the page says so where detail is kept of one click in many", async () => {
      const sampled = await Server.start({ store: kind, sets: { "links.detail_one_in": 10 } });
      try {
        const link = (await sampled.api.post("/v1/links", { url: "https://example.com/", code: "sampled" })).json;
        for (let i = 0; i < 100; ++i) await sampled.api.get(`/${link.code}`, { key: null, headers: { "User-Agent": kFirefox } });
        let json;
        await eventually("the clicks are added up", async () => {
          json = (await sampled.api.get(`/v1/links/${link.code}/analytics`)).json;
          return json.totals.clicks === 100 && json.detail.of > 70;
        }, 20_000);
        assert.equal(json.detail.one_in, 10);
        assert.equal(json.detail.sampled, true);
        assert.ok(json.detail.kept >= 3 && json.detail.kept < 40, JSON.stringify(json.detail));
        assert.equal(json.top.find(({ dimension }) => dimension === "browser").values[0].clicks, json.detail.of);
      } finally {
        await sampled.stop();
      }
    });

    it("a kill at any moment leaves each click counted once, for all whose it is", async () => {
      const store = new Store(kind);
      let running = await Server.start({ store });
      try {
        const codes = ["one-link", "two-link"];
        const key = running.key;
        for (const code of codes) await running.api.post("/v1/links", { url: "https://example.com/", code, tags: ["both"] });
        for (let round = 0; round < kKills; ++round) {
          const clicking = (async () => {
            for (let i = 0; i < 400; ++i) await running.api.get(`/${codes[i % 3 === 0 ? 1 : 0]}`, { key: null, headers: { "User-Agent": kIphone } }).catch(() => {});
          })();
          await sleep(300 + 217 * round);  // flushes come every 250 ms, folds every second
          await running.kill();
          await clicking;
          await store.settled();
          running = await Server.start({ store });
          running.api.key ??= key;
        }
        const counted = async (code) => (await running.api.get(`/v1/links/${code}/stats`, { key })).json.clicks;
        await eventually("all that waited is added up", async () => {
          const { as_of } = (await running.api.get("/v1/link-analytics", { key })).json;
          return Date.now() - Date.parse(as_of) < 2_000;
        }, 20_000);
        const each = [await counted(codes[0]), await counted(codes[1])];
        assert.ok(each[0] > 0 && each[1] > 0, JSON.stringify(each));
        for (const path of ["/v1/link-analytics", "/v1/link-analytics?tag=both"]) {
          const json = (await running.api.get(path, { key })).json;
          assert.equal(json.totals.clicks, each[0] + each[1], path);
          assert.equal(json.detail.of, each[0] + each[1], path);
          assert.deepEqual(top(json, "link"), { "one-link": each[0], "two-link": each[1] });
        }
        assert.equal((await running.api.get(`/v1/links/${codes[0]}/analytics`, { key })).json.detail.of, each[0]);
      } finally {
        await running?.stop();
        store.remove();
      }
    });
  });
}
