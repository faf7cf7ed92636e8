// What keeps links from doing harm, as clients, visitors and the operator see it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Api } from "../support/http.mjs";
import { eventually } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { UnsafePages } from "../support/unsafe_pages.mjs";
import { assertProblem } from "./links.mjs";

const kBrowser = { Accept: "text/html" };

// The administrator's session: {get, post, delete} on it.
async function operatorOf(server) {
  const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
  const claimed = await server.api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
  assert.equal(claimed.status, 200, claimed.text);
  const options = { key: null, headers: { ...ask.headers, Cookie: claimed.headers["set-cookie"][0].split(";")[0] } };
  return {
    get: (path) => server.api.get(path, options),
    post: (path, body) => server.api.post(path, body, options),
    delete: (path) => server.api.delete(path, options),
  };
}

export function linkAbuseSuite(kind) {
  const it = (name, run) => test(`${kind}: ${name}`, run);

  describe(`reports, appeals and deny lists on ${kind}`, { timeout: 300_000 }, () => {
    let server, api, operator;
    before(async () => {
      server = await Server.start({ store: kind, sets: { "links.protected_hosts": "paypal.com", "http.trusted_proxies": "127.0.0.1" } });
      api = server.api;
      operator = await operatorOf(server);
    });
    after(() => server?.stop());

    const create = async (body) => {
      const made = await api.post("/v1/links", { url: "https://example.com/", ...body });
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const visit = (code, headers = {}) => api.get(`/${code}`, { key: null, headers });
    const report = (code, from, body = { reason: "phishing", comment: "it asks for my password" }, headers = {}) =>
      api.post(`/${code}/report`, body, { key: null, headers: { "X-Forwarded-For": from, ...headers } });

    it("a host that the tenant denies is no target, nor what lies below it", async () => {
      assert.equal((await api.post("/v1/link-denials", { host: "Denied.Example", note: "why" })).status, 201);
      assert.equal((await api.post("/v1/link-denials", { host: "*.below.example" })).status, 201);
      assertProblem(await api.post("/v1/link-denials", { host: "denied.example." }), 409, "denial_exists");
      for (const host of ["", "a b", "http://a.example/", "*", "*.*.example", "ü.example"]) {
        const refused = await api.post("/v1/link-denials", { host });
        assert.equal(refused.status, 422, `${host}: ${refused.text}`);
      }
      for (const [url, denied] of [
        ["https://denied.example/x", true], ["https://DENIED.example.:443/", true], ["https://www.denied.example/", false],
        ["https://below.example/", true], ["https://a.b.below.example/", true], ["https://notbelow.example/", false],
        ["https://other.example/go?next=https%3A%2F%2Fdenied.example%2F", true]]) {
        const made = await api.post("/v1/links", { url });
        if (denied) assertProblem(made, 422, "target_denied", "/url");
        else assert.equal(made.status, 201, made.text);
      }
      const { code } = await create({});
      assertProblem(await api.patch(`/v1/links/${code}`, { expired_url: "https://denied.example/" }), 422, "target_denied", "/expired_url");
      assertProblem(await api.patch(`/v1/links/${code}`, { rules: [{ url: "https://denied.example/", os: ["ios"] }] }), 422, "target_denied", "/rules/0/url");
      const listed = (await api.get("/v1/link-denials")).json.data;
      assert.deepEqual(listed.map(({ host, note }) => [host, note]), [["*.below.example", ""], ["denied.example", "why"]]);
      assert.equal((await api.delete("/v1/link-denials/DENIED.example")).status, 204);
      assertProblem(await api.delete("/v1/link-denials/denied.example"), 404, "denial_not_found");
      assert.equal((await api.post("/v1/links", { url: "https://denied.example/x" })).status, 201);
    });

    it("what the operator denies is denied to all", async () => {
      assertProblem(await api.post("/v1/operator-link-denials", { host: "bad.example" }), 403, "admin_required");
      assert.equal((await operator.post("/v1/operator-link-denials", { host: "*.bad.example" })).status, 201);
      assertProblem(await api.post("/v1/links", { url: "https://very.bad.example/" }), 422, "target_denied", "/url");
      assert.ok(!(await api.get("/v1/link-denials")).text.includes("bad.example"));
      assert.equal((await operator.get("/v1/operator-link-denials")).json.data.length, 1);
      assert.equal((await operator.delete("/v1/operator-link-denials/*.bad.example")).status, 204);
      assert.equal((await api.post("/v1/links", { url: "https://very.bad.example/" })).status, 201);
    });

    it("look-alikes and open redirects are marked, and look-alikes put before the operator", async () => {
      for (const [url, flag, warnings] of [
        ["https://example.com/", "none", []],
        ["https://paypal.com/x", "none", []],
        ["https://xn--pypal-4ve.com/", "suspected", ["look_alike", "mixed_scripts"]],
        ["https://www.paypa1.com/", "suspected", ["look_alike"]],
        ["https://paypal.com.evil.example/", "suspected", ["name_inside"]],
        ["https://example.com/go?next=https%3A%2F%2Fevil.example%2F", "none", ["open_redirect"]]]) {
        const link = await create({ url });
        assert.deepEqual([link.flag, link.warnings], [flag, warnings], url);
        assert.equal((await visit(link.code)).status, 302, "only a flag stops a visitor");
      }
      const { data } = (await operator.get("/v1/link-reviews?limit=100")).json;
      assert.deepEqual(data.map(({ opened_for, reasons }) => [opened_for, reasons]), [
        ["signs", ["look_alike", "mixed_scripts"]], ["signs", ["look_alike"]], ["signs", ["name_inside"]]]);
    });

    it("reports, a decision, the warning, an appeal, and the link is free again", async () => {
      const { code } = await create({ code: "reported", expired_url: "https://example.com/over" });
      assert.equal((await visit(code)).headers.location, "https://example.com/");
      const page = await api.get(`/${code}/report`, { key: null, headers: kBrowser });
      assert.equal(page.status, 200);
      assert.match(page.text, /<form method="post" action="\/reported\/report">/);
      assert.equal((await report(code, "203.0.113.1")).status, 202);
      assert.equal((await report(code, "203.0.113.1")).status, 202, "who reports twice learns nothing");
      const review = async () => (await api.get(`/v1/links/${code}/review`)).json;
      assert.deepEqual([(await review()).reports, (await review()).flag], [1, "none"]);
      const form = { "Content-Type": "application/x-www-form-urlencoded", ...kBrowser };
      const sent = await report(code, "203.0.113.2", "reason=malware&comment=a+b", form);
      assert.equal(sent.status, 202);
      assert.match(sent.text, /Thank you/);
      assert.equal((await report(code, "2001:db8::1")).status, 202);
      assert.equal((await report(code, "2001:db8::2")).status, 202, "of the same network");
      assert.deepEqual([(await review()).reports, (await review()).flag, (await review()).reasons], [3, "suspected", ["reports"]]);
      assert.equal((await visit(code)).status, 302, "reports alone stop nobody");
      assertProblem(await api.post(`/v1/links/${code}/appeal`, { text: "why?" }), 409, "link_not_flagged");

      const queued = (await operator.get("/v1/link-reviews?limit=100")).json.data.find((each) => each.code === code);
      assert.deepEqual([queued.opened_for, queued.status, queued.reports, queued.url], ["reports", "open", 3, "https://example.com/"]);
      const detail = (await operator.get(`/v1/link-reviews/${queued.id}`)).json;
      assert.deepEqual(detail.reports.map(({ reason, comment }) => [reason, comment]).sort(), [
        ["malware", "a b"], ["phishing", "it asks for my password"], ["phishing", "it asks for my password"]]);
      assert.deepEqual(detail.targets, [
        { field: "/url", url: "https://example.com/", nested: false, found: [] },
        { field: "/expired_url", url: "https://example.com/over", nested: false, found: [] }]);
      assertProblem(await api.post(`/v1/link-reviews/${queued.id}/decide`, { decision: "clear" }), 403, "admin_required");
      const flagged = await operator.post(`/v1/link-reviews/${queued.id}/decide`, { decision: "flag", note: "it is phishing" });
      assert.deepEqual([flagged.status, flagged.json.review.flag, flagged.json.review.status], [200, "flagged", "flagged"]);

      for (let i = 0; i < 2; ++i) {
        const warned = await visit(code);
        assertProblem(warned, 403, "link_flagged");
        assert.equal(warned.headers.location, undefined);
        assert.equal(warned.headers["cache-control"], "no-store");
      }
      const warning = await visit(code, kBrowser);
      assert.equal(warning.status, 403);
      assert.match(warning.text, /This link may be unsafe/);
      assert.ok(!warning.text.includes("example.com"), "it does not lead on");
      assert.match(warning.headers["content-security-policy"], /frame-ancestors 'none'/, "nor is it framed by what it warns of");
      assert.equal(warning.headers["x-content-type-options"], "nosniff");
      // Whatever its owner changes: it stays flagged.
      const changed = await api.patch(`/v1/links/${code}`, { url: "https://example.com/other", expires_at: new Date(Date.now() + 3_600_000).toISOString() });
      assert.deepEqual([changed.status, changed.json.flag], [200, "flagged"]);
      assertProblem(await visit(code), 403, "link_flagged");

      const appealed = await api.post(`/v1/links/${code}/appeal`, { text: "it is our own page" });
      assert.deepEqual([appealed.status, appealed.json.status, appealed.json.appeal, appealed.json.note], [202, "open", "it is our own page", "it is phishing"]);
      assertProblem(await api.post(`/v1/links/${code}/appeal`, { text: "again" }), 409, "appeal_pending");
      const again = (await operator.get("/v1/link-reviews")).json.data.find((each) => each.code === code);
      assert.deepEqual([again.opened_for, again.appeal], ["appeal", "it is our own page"]);
      const cleared = await operator.post(`/v1/link-reviews/${again.id}/decide`, { decision: "clear" });
      assert.deepEqual([cleared.json.review.flag, cleared.json.review.status], ["cleared", "cleared"]);
      assert.equal((await visit(code)).headers.location, "https://example.com/other");
      assert.equal((await api.get(`/v1/links/${code}`)).json.flag, "cleared");
    });

    it("too many reports from one place are refused; of no link there are none", async () => {
      const { code } = await create({});
      const answers = [];
      for (let i = 0; i < 6; ++i) answers.push((await report(code, "198.51.100.7")).status);
      assert.deepEqual(answers, [202, 202, 202, 202, 202, 429]);
      assert.ok(Number((await report(code, "198.51.100.7")).headers["retry-after"]) >= 1);
      assertProblem(await report("no-such-link", "198.51.100.8"), 404, "link_not_found");
      assertProblem(await report(code, "198.51.100.8", { reason: "boring" }), 422, "invalid_request", "/reason");
      assert.equal((await api.get("/no-such-link/report", { key: null, headers: kBrowser })).status, 404);
    });

    it("the pages of domains are targets too, and the operator stops them", async () => {
      const domain = "go.pages.example";
      assert.equal((await operator.post("/v1/operator-link-denials", { host: "denied-page.example" })).status, 201);
      assertProblem(await api.post("/v1/link-domains", { host: domain, not_found_url: "https://a.example/?u=//denied-page.example/" }), 422, "target_denied", "/not_found_url");
      assert.equal((await operator.delete("/v1/operator-link-denials/denied-page.example")).status, 204);
      const made = await api.post("/v1/link-domains", { host: domain, root_url: "https://example.com/root", not_found_url: "https://example.com/lost" });
      assert.deepEqual([made.status, made.json.stopped], [201, null]);
      const lost = () => api.get("/nothing-here", { key: null, headers: { Host: domain } });
      assert.equal((await lost()).headers.location, "https://example.com/lost");
      const body = { domain, note: "it deceives" };
      assertProblem(await api.post("/v1/operator-link-domain-stops", body), 403, "admin_required");
      const stopped = await operator.post("/v1/operator-link-domain-stops", body);
      assert.deepEqual([stopped.status, stopped.json.domain, stopped.json.reason, stopped.json.note], [200, domain, "operator", "it deceives"]);
      assertProblem(await lost(), 404, "link_not_found");
      assert.equal((await api.get(`/v1/link-domains/${domain}`)).json.stopped, "operator");
      assert.equal((await operator.get("/v1/operator-link-domain-stops")).json.data.length, 1);
      assert.equal((await operator.delete(`/v1/operator-link-domain-stops/${domain}`)).status, 204);
      assert.equal((await lost()).headers.location, "https://example.com/lost");
      assertProblem(await operator.post("/v1/operator-link-domain-stops", { domain: "no.such.example" }), 404, "domain_not_found");
    });

    it("an address is denied in each of its spellings", async () => {
      const spellings = ["[64:ff9b::505:505]", "5.5.5.5", "0x05050505", "[::ffff:5.5.5.5]", "[2002:505:505::]", "[::5.5.5.5]"];
      for (const host of ["[64:ff9b::505:505]", "5.5.5.5"]) {
        const added = await api.post("/v1/link-denials", { host });
        assert.deepEqual([added.status, added.json.host], [201, "5.5.5.5"]);
        for (const spelling of spellings) assertProblem(await api.post("/v1/links", { url: `http://${spelling}/` }), 422, "target_denied");
        assert.equal((await api.delete(`/v1/link-denials/${encodeURIComponent(host)}`)).status, 204);
      }
    });

    it("the operator flags what nobody has reported", async () => {
      const { code } = await create({});
      const opened = await operator.post("/v1/link-reviews", { code });
      assert.deepEqual([opened.status, opened.json.review.opened_for], [200, "operator"]);
      await operator.post(`/v1/link-reviews/${opened.json.review.id}/decide`, { decision: "flag" });
      assertProblem(await visit(code), 403, "link_flagged");
      assertProblem(await operator.post("/v1/link-reviews", { code: "no-such-link" }), 404, "link_not_found");
      assertProblem(await operator.get("/v1/link-reviews/987654321"), 404, "review_not_found");
      assertProblem(await operator.get("/v1/link-reviews/x"), 404, "review_not_found");
    });
  });

  describe(`creation limits on ${kind}`, { timeout: 300_000 }, () => {
    it("of a key, an address and a tenant", async () => {
      const server = await Server.start({ store: kind, sets: { "links.create_per_key": 3, "links.create_per_address": 5, "http.trusted_proxies": "127.0.0.1" } });
      try {
        const create = (key, from) => server.api.post("/v1/links", { url: "https://example.com/" }, { key, headers: { "X-Forwarded-For": from } });
        const other = (await server.api.post("/v1/keys", { name: "other", scopes: ["links:write"] })).json.key;
        assert.ok(other);
        for (let i = 0; i < 3; ++i) assert.equal((await create(server.api.key, "192.0.2.1")).status, 201);
        const refused = await create(server.api.key, "192.0.2.1");
        assert.deepEqual([refused.status, refused.json["violated-policies"]], [429, ["links_per_key"]]);
        const wait = Number(refused.headers["retry-after"]);
        assert.ok(wait > 1100 && wait <= 1200, `an hour's third: ${wait}`);
        for (let i = 0; i < 2; ++i) assert.equal((await create(other, "192.0.2.1")).status, 201);
        assert.deepEqual((await create(other, "192.0.2.1")).json["violated-policies"], ["links_per_address"]);
        assert.equal((await create(other, "192.0.2.2")).status, 201);
        const { text } = await server.api.get("/metrics");
        assert.match(text, /ashlar_links_creations_refused_total\{limit="links_per_key"\} 1/);
      } finally {
        await server.stop();
      }
    });

    it("of links made in bulk, and through the APIs of other shorteners", async () => {
      const server = await Server.start({ store: kind, sets: { "links.create_per_key": 5 } });
      try {
        const { api } = server;
        const bulk = (count) => api.post("/v1/links/bulk", { links: Array.from({ length: count }, () => ({ url: "https://example.com/" })) });
        const keyed = { key: null, headers: { "X-Api-Key": api.key } };
        const shlink = () => api.post("/rest/v3/short-urls", { longUrl: "https://example.com/" }, keyed);
        const kutt = () => api.post("/api/v2/links", { target: "https://example.com/" }, keyed);
        const dub = () => api.post("/api/dub/links", { url: "https://example.com/" });
        const never = await bulk(6);
        assert.deepEqual([never.status, never.json["violated-policies"], never.headers["retry-after"]], [429, ["links_per_key"], undefined]);
        const made = await bulk(2);
        assert.deepEqual([made.status, made.json.created], [200, 2], made.text);
        assert.equal((await bulk(4)).status, 429, "three are left");
        for (const create of [shlink, kutt, dub]) {
          const answer = await create();
          assert.ok([200, 201].includes(answer.status), answer.text);
        }
        assert.deepEqual([(await shlink()).status, (await shlink()).json.reason], [429, "quota_exceeded"]);
        assert.deepEqual([(await kutt()).status, (await kutt()).json.reason], [429, "quota_exceeded"]);
        assert.deepEqual([(await dub()).status, (await dub()).json.error.code], [429, "rate_limit_exceeded"]);
        assert.equal((await bulk(1)).status, 429);
        assert.equal((await api.get("/v1/links?limit=100")).json.data.length, 5);
      } finally {
        await server.stop();
      }
    });
  });

  for (const version of [5, 4]) {
    describe(`a list of unsafe pages, version ${version}, on ${kind}`, { timeout: 300_000 }, () => {
      let pages, server, api, operator;
      const start = async (sets) => {
        server = await Server.start({ store: kind, sets: { "links.list_url": pages.url, "links.list_key": pages.key, "links.list_version": version, ...sets } });
        api = server.api;
        if (version === 4) {
          await eventually("the lists are here", async () => pages.asked.some(({ path }) => path.endsWith(":fetch")) &&
            /ashlar_links_list_prefixes [1-9]/.test((await api.get("/metrics")).text), 30_000);
        }
      };
      before(async () => {
        pages = await UnsafePages.start({ keep_s: 1 });
        pages.list("evil.example/phish/");
        pages.list("malware.example/", "MALWARE");
        pages.list("canary.example/", "MALWARE", ["CANARY"]);
      });
      after(async () => {
        await server?.stop();
        await pages?.stop();
      });
      const visit = (code) => api.get(`/${code}`, { key: null });

      it("links to it are refused; nothing of a URL is told but prefixes", async () => {
        await start({});
        for (const [url, refused] of [
          ["https://www.evil.example/phish/login?user=ann", true], ["https://evil.example/", false], ["https://evil.example/phis", false],
          ["https://a.b.malware.example/x", true], ["https://ok.example/?next=https%3A%2F%2Fmalware.example%2F", true], ["https://ok.example/", false]]) {
          const made = await api.post("/v1/links", { url });
          if (refused) assertProblem(made, 422, "target_unsafe", "/url");
          else assert.equal(made.status, 201, made.text);
        }
        if (version === 5) assert.equal((await api.post("/v1/links", { url: "https://canary.example/" })).status, 201);
        const { json: link } = await api.post("/v1/links", { url: "https://ok.example/" });
        assertProblem(await api.patch(`/v1/links/${link.code}`, { url: "https://malware.example/" }), 422, "target_unsafe", "/url");
        for (const { query, body } of pages.asked) assert.ok(!`${query}${body}`.includes("evil") && !`${query}${body}`.includes("ann"), query);
        assert.ok(pages.asked.some(({ path }) => path === (version === 5 ? "/v5/hashes:search" : "/v4/fullHashes:find")));
        assert.ok(!(await api.get("/metrics")).text.includes(pages.key));
        await server.stop();
      });

      it("or flagged; cleared, it stays so until the list's entry changes", async () => {
        await start({ "links.listed": "flag" });
        operator = await operatorOf(server);
        const url = "https://evil.example/phish/1";
        const create = async () => (await api.post("/v1/links", { url })).json;
        const link = await create();
        assert.deepEqual([link.flag, link.warnings], ["flagged", ["list:SOCIAL_ENGINEERING"]]);
        assertProblem(await visit(link.code), 403, "link_flagged");
        const queued = (await operator.get("/v1/link-reviews")).json.data.find((each) => each.code === link.code);
        assert.equal(queued.opened_for, "list");
        await operator.post(`/v1/link-reviews/${queued.id}/decide`, { decision: "clear", note: "a false alarm" });
        assert.equal((await visit(link.code)).status, 302);
        assert.equal((await create()).flag, "none", "the same URL, the same entry");
        assert.equal((await api.post("/v1/links", { url: "https://evil.example/phish/2" })).json.flag, "flagged", "another URL is not cleared");
        pages.list("evil.example/phish/1", "MALWARE");
        if (version === 4) await eventually("the new entry is here", async () => (await create()).flag === "flagged", 30_000);
        else assert.deepEqual((await eventually("what was cached is old", async () => {
          const made = await create();
          return made.flag === "flagged" ? made : null;
        }, 10_000)).warnings, ["list:MALWARE"]);
        pages.unlist("evil.example/phish/1");
        await server.stop();
      });

      it("a list that does not answer stops nobody: the link is looked up later, and flagged in every process", async (context) => {
        const store = new Store(kind);
        const sets = { "links.list_url": pages.url, "links.list_key": pages.key, "links.list_version": version };
        const servers = [await Server.start({ store, sets })];
        try {
          [server] = servers;
          api = server.api;
          if (kind === "postgres") servers.push(await Server.start({ store, sets }));
          if (version === 4) {
            for (const { origin } of servers) {
              await eventually("the lists are here", async () => /ashlar_links_list_prefixes [1-9]/.test((await new Api(origin).get("/metrics")).text), 30_000);
            }
          }
          pages.answers = false;
          const made = await api.post("/v1/links", { url: "https://malware.example/late" });
          assert.deepEqual([made.status, made.json.flag], [201, "none"]);
          const visits = () => Promise.all(servers.map(async ({ origin }) => (await new Api(origin).get(`/${made.json.code}`)).status));
          assert.deepEqual(await visits(), servers.map(() => 302));
          pages.answers = true;
          // The first attempt failed; the next one comes half a minute later.
          await eventually("it is flagged everywhere", async () => (await visits()).every((status) => status === 403), 90_000);
          assert.equal((await api.get(`/v1/links/${made.json.code}`)).json.flag, "flagged");
          context.diagnostic(`${servers.length} process(es) of ${kind}, version ${version}: flagged in all`);
        } finally {
          pages.answers = true;
          for (const each of servers) await each.stop();
          server = null;
          store.remove();
        }
      });
    });
  }
}
