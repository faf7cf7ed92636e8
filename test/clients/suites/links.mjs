// /v1/links and the redirects, as a client sees them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, sleep } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

const kShape = ["code", "created_at", "enabled", "expires_at", "short_url", "status", "url"];
const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const unique = (() => {
  let n = 0;
  return (prefix) => `${prefix}-${process.pid}-${++n}`;
})();

export function assertProblem(answer, status, reason, field) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  const { json } = answer;
  assert.equal(json.reason, reason);
  assert.equal(json.status, status);
  assert.equal(json.type.split("/").at(-1), reason);
  assert.equal(json.request_id, answer.headers["x-request-id"]);
  assert.ok(json.title.length > 0 && json.detail.length > 0);
  if (field !== undefined) assert.ok(json.errors?.some((error) => error.field === field), answer.text);
}

export function assertLink(link, expected) {
  for (const name of kShape) assert.ok(name in link, `${name} is missing`);
  assert.match(link.created_at, kTime);
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(link[name], value, name);
}

export function linksSuite(kind) {
  describe(`links on ${kind}`, { timeout: 300_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
    });
    after(() => server?.stop());

    const create = async (body) => {
      const made = await api.post("/v1/links", body);
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const list = async (query) => (await api.get(`/v1/links${query}`)).json;

    it("a link is created, read, followed", async () => {
      const made = await api.post("/v1/links", { url: "https://example.com/a?b=c#d" });
      assert.equal(made.status, 201);
      assert.equal(made.headers["content-type"], "application/json");
      assert.match(made.json.code, /^[0-9A-Za-z]{6,7}$/);
      assertLink(made.json, {
        url: "https://example.com/a?b=c#d", status: 302, expires_at: null, enabled: true,
        short_url: `${server.origin}/${made.json.code}`,
      });
      assert.ok(Math.abs(Date.parse(made.json.created_at) - Date.now()) < 60_000);
      assert.equal(made.headers.location, `/v1/links/${made.json.code}`);

      const read = await api.get(`/v1/links/${made.json.code}`);
      assert.equal(read.status, 200);
      assertLink(read.json, Object.fromEntries(kShape.map((name) => [name, made.json[name]])));
      assert.match(read.headers.etag, /^"[^"]+"$/);

      const followed = await api.get(`/${made.json.code}`, { key: null });
      assert.equal(followed.status, 302);
      assert.equal(followed.headers.location, "https://example.com/a?b=c#d");
      assert.equal(followed.body.length, 0);
    });

    it("codes in a row tell nothing of each other", async () => {
      const codes = [];
      for (let i = 0; i < 20; ++i) codes.push((await create({ url: "https://example.com/" })).code);
      assert.equal(new Set(codes).size, 20);
      assert.ok(codes.filter((code, i) => i > 0 && code.slice(0, -1) === codes[i - 1].slice(0, -1)).length < 3);
      assert.notDeepEqual(codes, [...codes].sort());
    });

    it("every field of a link can be given and changed", async () => {
      const expires_at = inSeconds(3600);
      const link = await create({ url: "http://example.org/x", code: unique("whole"), status: 307, expires_at });
      assertLink(link, { url: "http://example.org/x", status: 307, enabled: true });
      assert.equal(Date.parse(link.expires_at), Date.parse(expires_at));
      const path = `/v1/links/${link.code}`;
      const change = async (body) => {
        const changed = await api.patch(path, body);
        assert.equal(changed.status, 200, changed.text);
        assert.deepEqual((await api.get(path)).json, changed.json);
        return changed.json;
      };
      assertLink(await change({ url: "https://example.net/y" }), { url: "https://example.net/y", status: 307, code: link.code });
      assertLink(await change({ status: 308 }), { status: 308, url: "https://example.net/y" });
      assertLink(await change({ expires_at: null }), { expires_at: null });
      assertLink(await change({ enabled: false }), { enabled: false });
      assertLink(await change({ enabled: true, status: 301, url: "https://example.com/" }), { enabled: true, status: 301, url: "https://example.com/" });
      assertLink(await change({}), { enabled: true, status: 301, created_at: link.created_at });
    });

    it("codes of one's own: 3 to 64 letters, digits, - and _; case counts", async () => {
      for (const code of ["a-b", "A_9", unique("Own"), "x".repeat(64 - 12) + Date.now().toString().slice(-12)]) {
        assertLink(await create({ url: "https://example.com/", code }), { code, short_url: `${server.origin}/${code}` });
        assert.equal((await api.get(`/${code}`)).status, 302);
      }
      const code = unique("case");
      await create({ url: "https://example.com/lower", code });
      await create({ url: "https://example.com/upper", code: code.toUpperCase() });
      assert.equal((await api.get(`/${code}`)).headers.location, "https://example.com/lower");
      assert.equal((await api.get(`/${code.toUpperCase()}`)).headers.location, "https://example.com/upper");
      for (const wrong of ["ab", "", "a".repeat(65), "a b", "a/b", "é-é", "a.b", "a%41b"]) {
        const refused = await api.post("/v1/links", { url: "https://example.com/", code: wrong });
        assert.equal(refused.status, 422, JSON.stringify(wrong));
        assert.equal(refused.json.errors[0].field, "/code");
      }
    });

    it("reserved words are no codes, in any case", async () => {
      for (const word of ["rest", "api", "links", "stores", "access", "oauth2", "ofrep", "docs", "metrics", "healthz", "readyz", "Links", "METRICS"]) {
        assertProblem(await api.post("/v1/links", { url: "https://example.com/", code: word }), 422, "code_reserved", "/code");
      }
      for (const word of ["v1", "_", ".well-known", "robots.txt", "favicon.ico"]) {
        const refused = await api.post("/v1/links", { url: "https://example.com/", code: word });
        assert.equal(refused.status, 422, word);
      }
    });

    it("a code that is taken is a clean 409, also in a race", async () => {
      const code = unique("taken");
      await create({ url: "https://example.com/first", code });
      assertProblem(await api.post("/v1/links", { url: "https://example.com/second", code }), 409, "code_taken");
      assert.equal((await api.get(`/${code}`)).headers.location, "https://example.com/first");

      const raced = unique("raced");
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => api.post("/v1/links", { url: `https://example.com/${i}`, code: raced })));
      const won = answers.filter((answer) => answer.status === 201);
      assert.equal(won.length, 1);
      for (const answer of answers) if (answer !== won[0]) assertProblem(answer, 409, "code_taken");
      assert.equal((await api.get(`/${raced}`)).headers.location, won[0].json.url);
    });

    it("targets lead away: http and https, checked, never back to Ashlar", async () => {
      for (const [url, reason] of [
        ["ftp://example.com/", "target_scheme"], ["https://user:secret@example.com/", "target_credentials"],
        ["https://exa mple.com/", undefined], ["http://", undefined], ["https://256.256.256.256/", "target_host"],
        [`${server.origin}/loop`, "target_is_ashlar"], [`http://localhost:${server.port}/`, "target_is_ashlar"],
        [`http://[::1]:${server.port}/x`, "target_is_ashlar"], [`http://0x7f.1:${server.port}/`, "target_is_ashlar"],
      ]) {
        const refused = await api.post("/v1/links", { url });
        assert.equal(refused.status, 422, `${url}: ${refused.text}`);
        assert.equal(refused.json.errors[0].field, "/url");
        if (reason) assert.equal(refused.json.errors[0].reason, reason, url);
      }
      const link = await create({ url: "https://example.com/ä?ö=ü" });
      assert.equal((await api.get(`/${link.code}`)).headers.location, "https://example.com/%C3%A4?%C3%B6=%C3%BC");
    });

    it("unknown, disabled and expired links say which they are", async () => {
      const unknown = await api.get(`/${unique("nobody")}`);
      assertProblem(unknown, 404, "link_not_found");
      assert.equal(unknown.headers["cache-control"], "no-store");
      assertProblem(await api.get("/v1/links/no-such-code"), 404, "link_not_found");

      const link = await create({ url: "https://example.com/" });
      await api.patch(`/v1/links/${link.code}`, { enabled: false });
      const disabled = await api.get(`/${link.code}`);
      assertProblem(disabled, 410, "link_disabled");
      assert.equal(disabled.headers["cache-control"], "no-store");
      await api.patch(`/v1/links/${link.code}`, { enabled: true });
      assert.equal((await api.get(`/${link.code}`)).status, 302);

      const brief = await create({ url: "https://example.com/", status: 301, expires_at: inSeconds(1.2) });
      assert.equal((await api.get(`/${brief.code}`)).status, 301);
      const gone = await eventually("the link expires", async () => {
        const answer = await api.get(`/${brief.code}`);
        return answer.status === 410 && answer;
      });
      assertProblem(gone, 410, "link_expired");
      assert.ok(Date.now() >= Date.parse(brief.expires_at) - 5, "410 before the expiry");
      await api.patch(`/v1/links/${brief.code}`, { expires_at: inSeconds(60) });
      assert.equal((await api.get(`/${brief.code}`)).status, 301);

      const page = await api.get(`/${unique("nobody")}`, { headers: { Accept: "text/html,*/*" } });
      assert.equal(page.status, 404);
      assert.match(page.headers["content-type"], /^text\/html/);
    });

    it("a link that was asked for before it existed is followed once it does", async () => {
      const code = unique("early");
      assert.equal((await api.get(`/${code}`)).status, 404);
      await create({ url: "https://example.com/", code });
      assert.equal((await api.get(`/${code}`)).status, 302);
    });

    it("redirects are cached as their status allows, never longer than the link lives", async () => {
      const headerOf = async (body) => {
        const { code } = await create({ url: "https://example.com/", ...body });
        const first = await api.get(`/${code}`);   // from storage
        const second = await api.get(`/${code}`);  // from memory
        assert.equal(first.status, body.status);
        assert.equal(second.headers["cache-control"], first.headers["cache-control"]);
        return first.headers["cache-control"];
      };
      assert.equal(await headerOf({ status: 302 }), "private, max-age=0");
      assert.equal(await headerOf({ status: 307 }), "private, max-age=0");
      assert.equal(await headerOf({ status: 301 }), "private, max-age=90");
      assert.equal(await headerOf({ status: 308 }), "private, max-age=90");
      assert.equal(await headerOf({ status: 301, expires_at: inSeconds(3600) }), "private, max-age=90");
      for (const status of [301, 308]) {
        const { code, expires_at } = await create({ url: "https://example.com/", status, expires_at: inSeconds(20) });
        for (let i = 0; i < 2; ++i) {
          const [, seconds] = /^private, max-age=(\d+)$/.exec((await api.get(`/${code}`)).headers["cache-control"]);
          const left = (Date.parse(expires_at) - Date.now()) / 1000;
          assert.ok(Number(seconds) <= Math.ceil(left) && Number(seconds) >= 5, `${seconds} with ${left} s left`);
        }
      }
      assert.equal(await headerOf({ status: 302, expires_at: inSeconds(20) }), "private, max-age=0");
    });

    it("HEAD answers as GET without a body, and is no click", async () => {
      const { code } = await create({ url: "https://example.com/" });
      for (let i = 0; i < 3; ++i) {
        const head = await api.call("HEAD", `/${code}`);
        assert.equal(head.status, 302);
        assert.equal(head.headers.location, "https://example.com/");
      }
      const head = await api.call("HEAD", `/v1/links/${code}`);
      const get = await api.get(`/v1/links/${code}`);
      assert.equal(head.status, 200);
      assert.equal(head.headers["content-length"], get.headers["content-length"]);
      assert.equal(head.headers.etag, get.headers.etag);
      assert.equal(head.body.length, 0);
      await sleep(700);
      assert.equal((await api.get(`/v1/links/${code}/stats`)).json.clicks, 0);
    });

    it("lists page by cursor, newest first; what comes meanwhile moves nothing", async () => {
      const mark = unique("paged");
      const made = [];
      for (let i = 0; i < 25; ++i) made.unshift((await create({ url: `https://example.com/${mark}/${i}` })).code);
      const seen = [];
      let path = "/v1/links?limit=10";
      for (let pages = 0; ; ++pages) {
        const page = await api.get(path);
        assert.equal(page.status, 200);
        assert.ok(page.json.data.length <= 10);
        seen.push(...page.json.data.map((link) => link.code));
        const next = /<([^>]+)>;\s*rel="next"/.exec(page.headers.link ?? "")?.[1];
        assert.equal(next === undefined, page.json.next_cursor === null);
        if (next === undefined || pages === 3) break;
        const url = new URL(next, server.origin);
        assert.equal(url.searchParams.get("cursor"), page.json.next_cursor);
        assert.equal(url.searchParams.get("limit"), "10");
        if (pages === 0) await create({ url: "https://example.com/meanwhile" });
        path = url.pathname + url.search;
      }
      assert.deepEqual(seen.slice(0, 25), made);
      assert.equal(new Set(seen).size, seen.length);

      // The whole list, page by page: everything once, and an end.
      const all = [];
      for (let cursor = "", pages = 0; pages < 100; ++pages) {
        const page = await list(`?limit=17${cursor}`);
        all.push(...page.data.map((link) => link.code));
        if (page.next_cursor === null) break;
        cursor = `&cursor=${page.next_cursor}`;
      }
      assert.equal(new Set(all).size, all.length);
      for (const code of made) assert.ok(all.includes(code));
    });

    it("lists are filtered by text and state", async () => {
      const mark = unique("filter");
      const kept = await create({ url: `https://example.com/${mark}/kept` });
      const off = await create({ url: `https://example.com/${mark}/off` });
      await api.patch(`/v1/links/${off.code}`, { enabled: false });
      const codes = async (query) => (await list(query)).data.map((link) => link.code);
      assert.deepEqual(await codes(`?q=${mark}`), [off.code, kept.code]);
      assert.deepEqual(await codes(`?q=${mark.toUpperCase()}`), [off.code, kept.code]);
      assert.deepEqual(await codes(`?q=${mark}&enabled=true`), [kept.code]);
      assert.deepEqual(await codes(`?q=${mark}&enabled=false`), [off.code]);
      assert.deepEqual(await codes(`?q=${kept.code.slice(0, 5)}`).then((found) => found.includes(kept.code)), true);
      assert.deepEqual(await codes("?q=no-target-has-this-text"), []);
      assert.deepEqual(await codes(`?q=${mark.slice(0, 3)}%25`), [], "% is a letter like others");
    });

    it("an ETag guards an update", async () => {
      const { code } = await create({ url: "https://example.com/" });
      const path = `/v1/links/${code}`;
      const { etag } = (await api.get(path)).headers;
      const first = await api.patch(path, { url: "https://example.com/1" }, { headers: { "If-Match": etag } });
      assert.equal(first.status, 200);
      assert.notEqual(first.headers.etag, etag);
      assertProblem(await api.patch(path, { url: "https://example.com/2" }, { headers: { "If-Match": etag } }), 412, "etag_mismatch");
      assertProblem(await api.patch(path, { url: "https://example.com/2" }, { headers: { "If-Match": `W/${first.headers.etag}` } }), 412, "etag_mismatch");
      assert.equal((await api.get(path)).json.url, "https://example.com/1");
      for (const match of ["*", first.headers.etag, `"other", ${first.headers.etag}`]) {
        assert.equal((await api.patch(path, {}, { headers: { "If-Match": match } })).status, 200, match);
      }
      assertProblem(await api.patch("/v1/links/no-such-code", {}, { headers: { "If-Match": "*" } }), 404, "link_not_found");
      // The tag is of what can be changed; the answer also counts clicks, so a tag never stands for all of it.
      const read = await api.get(path, { headers: { "If-None-Match": (await api.get(path)).headers.etag } });
      assert.equal(read.status, 200);

      // Of many who saw the same version, one may write.
      const now = (await api.get(path)).headers.etag;
      const raced = await Promise.all(Array.from({ length: 10 }, (_, i) =>
        api.patch(path, { url: `https://example.com/race/${i}` }, { headers: { "If-Match": now } })));
      assert.deepEqual(raced.map((answer) => answer.status).sort(), [200, ...Array(9).fill(412)]);
    });

    it("an update is visible to the very next redirect: 2,000 times", async () => {
      await Promise.all(Array.from({ length: 4 }, async (_, lane) => {
        const { code } = await create({ url: "https://example.com/start" });
        for (let i = 0; i < 500; ++i) {
          const url = `https://example.com/${lane}/${i}`;
          const changed = await api.patch(`/v1/links/${code}`, { url });
          assert.equal(changed.status, 200, changed.text);
          assert.equal((await api.get(`/${code}`)).headers.location, url);
        }
      }));
    });

    it("clicks are counted by hour and day", async () => {
      const { code } = await create({ url: "https://example.com/" });
      const path = `/v1/links/${code}/stats`;
      assert.equal((await api.get(path)).json.clicks, 0);
      for (let i = 0; i < 30; ++i) await api.get(`/${code}`, { headers: { Referer: "https://referrer.example/page?q=1" } });
      const stats = await eventually("30 clicks are counted", async () => {
        const { json } = await api.get(path);
        assert.ok(json.clicks <= 30);
        return json.clicks === 30 && json;
      });
      const sum = (buckets) => buckets.reduce((total, bucket) => total + bucket.clicks, 0);
      assert.equal(sum(stats.by_hour), 30);
      assert.equal(sum(stats.by_day), 30);
      for (const bucket of [...stats.by_hour, ...stats.by_day]) assert.match(bucket.start, kTime);
      assertProblem(await api.get("/v1/links/no-such-code/stats"), 404, "link_not_found");
      const newest = (await api.get(`/v1/links/${code}/clicks?limit=5`)).json;
      assert.equal(newest.data.length, 5);
      for (const click of newest.data) {
        assert.match(click.at, kTime);
        assert.equal(click.referrer, "referrer.example");
      }
    });

    it("a refused redirect is no click", async () => {
      const { code } = await create({ url: "https://example.com/" });
      await api.patch(`/v1/links/${code}`, { enabled: false });
      for (let i = 0; i < 5; ++i) assert.equal((await api.get(`/${code}`)).status, 410);
      await sleep(700);
      assert.equal((await api.get(`/v1/links/${code}/stats`)).json.clicks, 0);
    });
  });
}
