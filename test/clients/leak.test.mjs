// Two tenants and every route of the running server's description: what A can name, B cannot read, change or count, and B's answer
// for A's things is the same, byte for byte, as for things that nobody has. Made from the table of routes: a route that is new has
// no fixture here, and fails until somebody says what must hold for it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { abuseStory, kAbuseRoutes } from "./suites/leak_abuse.mjs";
import { campaignsStory, kCampaignRoutes } from "./suites/leak_campaigns.mjs";
import { domainsStory, kDomainRoutes } from "./suites/leak_domains.mjs";
import { documentsStory, kDocumentRoutes, kDocumentScopes } from "./suites/leak_documents.mjs";
import { kManyLinksRoutes, manyLinksStory } from "./suites/leak_links.mjs";
import { importsStory, kImportRoutes } from "./suites/leak_imports.mjs";
import { linkClientsStory } from "./suites/leak_link_clients.mjs";
import { kMoneyRoutes, kMoneyScopes, moneyStory } from "./suites/leak_money.mjs";
import { kNotificationRoutes, notificationsStory } from "./suites/leak_notifications.mjs";
import { kRecipientRoutes, kRecipientScopes, recipientsStory } from "./suites/leak_recipients.mjs";
import { kTemplateRoutes, templatesStory } from "./suites/leak_templates.mjs";
import { eventStream } from "./support/http.mjs";
import { eventually, kPostgres, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kMark = "of-tenant-a";  // stands in everything that A has

// What must hold for a route:
//   named    the path names a thing: B's answer for A's equals the one for nobody's, and A's thing is as before
//   list     B's list holds nothing of A's, whatever the query
//   create   what A has stands in no one's way but where `shared` says that names are shared, and B's is B's alone
//   counted  what A has counted is in A's counts alone, and what B counts changes none of them
//   limited  A's rules judge A alone, what B asks with the same words counts in none of A's counts, and B sees nothing of either
//   stream   B's stream tells nothing of A's
//   reports  who reports on A's task, with A's token too, is told what is told of nobody's
//   queues   queues are names that tenants share: what B sets, leases or redrives under A's name is B's own
//   signing  each tenant has its own key
//   money    all of what B can do with A's money, in one story (suites/leak_money.mjs)
//   documents  the same with documents (suites/leak_documents.mjs)
//   recipients the same with who is told of notifications (suites/leak_recipients.mjs)
//   notifications the same with what is sent to them (suites/leak_notifications.mjs)
//   campaigns  the same with what goes to many (suites/leak_campaigns.mjs)
//   abuse      the same with what keeps links from doing harm (suites/leak_abuse.mjs)
//   added    sums of clicks: A's are in none of B's, under A's names neither
//   templates  the same with what is said (suites/leak_templates.mjs)
//   domains    the same with hosts of links (suites/leak_domains.mjs)
//   many_links the same with many links at once (suites/leak_links.mjs)
//   imports   the same with files that become links (suites/leak_imports.mjs)
//   none     no tenant has such a thing; any id is nobody's
//   platform the administrator's: a tenant's key is refused
//   open     public: the answer is the same with A's key, B's key and none
//   redirect the public redirect itself: A's link is everybody's to follow
//   unlock   its other way, by a password
const kRoutes = {
  "GET /v1/links": { rule: "list", queries: ["", `?q=${kMark}`, "?enabled=true", "?enabled=false", "?limit=100", `?tag=${kMark}`, `?owner=${kMark}`, "?archived=false"] },
  "GET /v1/link-tags": { rule: "list", queries: ["", "?limit=100"] },
  "POST /v1/links": { rule: "create", body: () => ({ url: "https://example.com/of-tenant-b" }) },
  "GET /v1/links/{code}": { rule: "named" },
  "PATCH /v1/links/{code}": { rule: "named", bodies: [{ enabled: false }, { url: "https://example.com/stolen" }, { tags: ["stolen"], max_clicks: 1, password: "stolen" }, {}], headers: [{}, { "If-Match": '"v1"' }, { "If-Match": "*" }, { "If-Match": '"v99"' }] },
  "GET /v1/links/{code}/stats": { rule: "named" },
  "DELETE /v1/links/{code}/clicks": { rule: "named", queries: [""] },
  "GET /v1/links/{code}/clicks": { rule: "named", queries: ["", "?limit=5"] },
  "GET /v1/links/{code}/qr": { rule: "named" },
  "POST /v1/links/{code}/preview": { rule: "named", bodies: [{}, { ip: "203.0.113.7", rules: [] }] },
  "GET /v1/links/{code}/analytics": { rule: "named", queries: ["", "?top=100&interval=hour", "?bots=false&zone=Europe/Berlin"] },
  "GET /v1/links/{code}/analytics/export": { rule: "named", queries: ["", "?format=jsonl"] },
  "GET /v1/link-analytics": { rule: "added", queries: [`?tag=${kMark}`, `?owner=${kMark}`, ""] },
  "GET /v1/link-analytics/export": { rule: "added", queries: [`?format=jsonl&tag=${kMark}`, `?format=jsonl&owner=${kMark}`, "?format=jsonl"] },
  "GET /v1/clicks/stream": { rule: "stream" },
  "POST /v1/activity/events": { rule: "counted" },
  "GET /v1/activity/top": { rule: "counted" },
  "GET /v1/activity/dimensions": { rule: "counted" },
  "GET /v1/requests/top": { rule: "platform" },
  ...Object.fromEntries(["POST check", "POST batch", "POST refund", "POST reserve", "POST settle", "GET rules", "PUT rules", "POST rules/rollback", "POST rules/dry-run",
    "GET rules/versions", "GET rules/versions/{version}", "GET usage", "GET usage/rule", "GET shadow", "GET live"]
    .map((name) => [name.replace(" ", " /v1/limits/"), { rule: "limited" }])),
  "GET /v1/limits/own/usage": { rule: "platform" },
  "GET /v1/limits/own/usage/rule": { rule: "platform", query: "?rule=x" },
  "GET /v1/limits/own/shadow": { rule: "platform" },
  "GET /v1/limits/own/live": { rule: "platform" },
  "GET /v1/keys": { rule: "list", queries: ["", "?limit=100"] },
  "POST /v1/keys": { rule: "create", body: () => ({ name: "of-tenant-b", scopes: ["links:read"] }) },
  "GET /v1/keys/{id}": { rule: "named" },
  "DELETE /v1/keys/{id}": { rule: "named" },
  "POST /v1/tasks": { rule: "create", body: () => ({ queue: "shared", payload: "of-tenant-b" }) },
  "GET /v1/tasks": { rule: "list", queries: ["", "?queue=shared", "?state=ready", "?mode=pull", "?limit=100"] },
  "GET /v1/tasks/{id}": { rule: "named" },
  ...Object.fromEntries(["cancel", "redrive", "run-now"].map((what) => [`POST /v1/tasks/{id}/${what}`, { rule: "named" }])),
  ...Object.fromEntries(["complete", "fail", "heartbeat"].map((what) => [`POST /v1/tasks/{id}/${what}`, { rule: "named", bodies: [{ lease_token: "x" }] }])),
  "POST /v1/tasks/{id}/snooze": { rule: "named", bodies: [{ lease_token: "x", delay_ms: 5 }] },
  ...Object.fromEntries(["complete", "fail", "heartbeat"].map((what) => [`POST /v1/tasks/${what}`, { rule: "reports" }])),
  "POST /v1/tasks/batch": { rule: "queues" },
  ...Object.fromEntries(["GET /v1/queues", "GET /v1/queues/{queue}", "PUT /v1/queues/{queue}", "POST /v1/queues/{queue}/lease", "POST /v1/queues/{queue}/redrive"]
    .map((name) => [name, { rule: "queues" }])),
  "GET /v1/tasks/signing-key": { rule: "signing" },
  "POST /v1/tasks/signing-key/rotate": { rule: "signing" },
  "GET /v1/schedules": { rule: "list", queries: ["", "?limit=100"] },
  "PUT /v1/schedules/{name}": { rule: "queues" },
  "GET /v1/schedules/{name}": { rule: "named" },
  "PATCH /v1/schedules/{name}": { rule: "named", bodies: [{ paused: true }] },
  "DELETE /v1/schedules/{name}": { rule: "named" },
  "POST /v1/schedules/{name}/run-now": { rule: "named" },
  "POST /v1/webhooks": { rule: "create", body: () => ({ url: "https://example.com/of-tenant-b", event_types: ["link.created"] }) },
  "GET /v1/webhooks": { rule: "list", queries: ["", "?limit=100"] },
  "GET /v1/webhooks/{id}": { rule: "named" },
  "PATCH /v1/webhooks/{id}": { rule: "named", bodies: [{ url: "https://example.com/stolen" }] },
  "DELETE /v1/webhooks/{id}": { rule: "named" },
  "POST /v1/webhooks/{id}/enable": { rule: "named" },
  "POST /v1/webhooks/{id}/rotate-secret": { rule: "named", bodies: [{}] },
  "POST /v1/webhooks/{id}/test": { rule: "named", bodies: [{}] },
  "POST /v1/webhooks/{id}/replay": { rule: "named", bodies: [{}] },
  "GET /v1/webhooks/{id}/deliveries": { rule: "named", queries: ["", "?limit=5"] },
  "GET /v1/webhooks/{id}/deliveries/{delivery_id}": { rule: "named" },
  "POST /v1/webhooks/{id}/deliveries/{delivery_id}/retry": { rule: "named" },
  "GET /v1/events": { rule: "list", queries: ["", "?type=link.*", "?format=cloudevents", "?limit=100"] },
  "GET /v1/events/consumers": { rule: "platform" },
  "GET /v1/events/dead-letters": { rule: "platform" },
  "POST /v1/events/dead-letters/{id}/replay": { rule: "platform" },
  "POST /v1/events/consumers/{name}/replay": { rule: "platform", body: () => ({}) },
  "GET /v1/sagas": { rule: "none" },
  ...Object.fromEntries(["GET /v1/sagas/{id}", "POST /v1/sagas/{id}/resume", "POST /v1/sagas/{id}/skip", "POST /v1/sagas/{id}/compensate"].map((name) => [name, { rule: "none" }])),
  ...kDomainRoutes,
  ...kManyLinksRoutes,
  ...kImportRoutes,
  ...kMoneyRoutes,
  ...kDocumentRoutes,
  ...kRecipientRoutes,
  ...kNotificationRoutes,
  ...kCampaignRoutes,
  ...kAbuseRoutes,
  ...kTemplateRoutes,
  "GET /v1/tenants": { rule: "platform" },
  "POST /v1/tenants": { rule: "platform", body: () => ({ name: "by-b" }) },
  "GET /v1/tenants/{name}": { rule: "platform" },
  "GET /v1/admin/session": { rule: "open" },
  "POST /v1/admin/session": { rule: "open", body: () => ({ password: "not the password" }) },
  "DELETE /v1/admin/session": { rule: "open" },
  "POST /v1/admin/claim": { rule: "open", body: () => ({ token: "not-the-token", password: "long enough to be one" }) },
  "GET /v1/openapi.json": { rule: "open" },
  "GET /healthz": { rule: "open" },
  "GET /readyz": { rule: "open" },
  "GET /metrics": { rule: "metrics" },
  "GET /{code}": { rule: "redirect" },
  "POST /{code}/unlock": { rule: "unlock" },
};

// The answer without what tells one request from another.
function bare(answer) {
  const id = answer.headers["x-request-id"];
  const { date, "x-request-id": _, ...headers } = answer.headers;
  return { status: answer.status, headers, body: answer.text.replaceAll(id, "ID") };
}

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("two tenants on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: row-level security is NOT tested here" }, () => {});
    continue;
  }
  describe(`two tenants on ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, run);
    let server, a, b, operations, named, nobodys, imports, story, documents, recipients, notifications, campaigns, templates, domains, manyLinks, abuse;
    before(async () => {
      server = await Server.start({ store: kind, sets: { "payments.settle_s": 0 } });
      const scopes = ["links:read", "links:write", "activity:read", "activity:write", "limits:check", "limits:read", "limits:write", "keys:read", "keys:write",
        "tasks:read", "tasks:write", "webhooks:read", "webhooks:write", "events:read", "sagas:read", "sagas:write", ...kMoneyScopes, ...kDocumentScopes, ...kRecipientScopes];
      for (const name of ["tenant-a", "tenant-b"]) server.newTenant(name);
      a = server.client(server.newKey("tenant-a", ...scopes));
      b = server.client(server.newKey("tenant-b", ...scopes));
      const { paths } = (await a.get("/v1/openapi.json")).json;
      operations = Object.entries(paths).flatMap(([path, item]) =>
        ["get", "head", "post", "put", "patch", "delete", "options", "trace"].filter((method) => method in item).map((method) => ({ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, operation: item[method] })));
      const link = (await a.post("/v1/links", { url: `https://example.com/${kMark}`, code: `${kMark}-link`, title: kMark, tags: [kMark, `${kMark}-too`], owner: kMark, notes: kMark })).json;
      await a.post("/v1/links", { url: `https://example.com/${kMark}/2` });
      await a.patch(`/v1/links/${(await a.post("/v1/links", { url: `https://example.com/${kMark}/off` })).json.code}`, { enabled: false });
      for (let i = 0; i < 3; ++i) await a.get(`/${link.code}`, { key: null, headers: { Referer: `https://${kMark}.example/` } });
      const key = (await a.post("/v1/keys", { name: kMark, scopes: ["links:read"] })).json;
      await b.post("/v1/links", { url: "https://example.com/of-tenant-b/first" });
      await eventually("A's clicks are counted", async () => (await a.get(`/v1/links/${link.code}/stats`)).json.clicks === 3);
      const queues = ["shared", "shared-too"];
      const [task] = await Promise.all(queues.map(async (queue) => (await a.post("/v1/tasks", { queue, payload: kMark })).json));
      for (const name of ["schedule", "other"]) await a.call("PUT", `/v1/schedules/${kMark}-${name}`, { body: { cron: "0 0 1 1 *", queue: "shared-too", payload: kMark } });
      const [webhook] = await Promise.all(["", "/2"].map(async (end) => (await a.post("/v1/webhooks", { url: `https://example.com/${kMark}${end}`, event_types: ["odd.type"] })).json));
      const delivery = (await a.post(`/v1/webhooks/${webhook.id}/test`, {})).json;
      assert.ok(task.id && webhook.id && delivery.id);
      // By the name of the parameter: A's own thing, and one of the same form that nobody has.
      named = { "links/{code}": link.code, "keys/{id}": key.id, "tasks/{id}": task.id, "schedules/{name}": `${kMark}-schedule`, "webhooks/{id}": webhook.id,
        "deliveries/{delivery_id}": delivery.id };
      nobodys = { "links/{code}": `${link.code.slice(0, -4)}none`, "keys/{id}": key.id.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)), "tasks/{id}": "987654321",
        "schedules/{name}": "of-nobody", "webhooks/{id}": "987654321", "deliveries/{delivery_id}": "987654321" };
    });
    after(() => {
      for (const client of [a, b]) client?.close();
      return server?.stop();
    });

    // Everything of A's that A can see.
    const pathOf = (link, rest = "") => `/v1/links/${link.code}${rest}${link.domain ? `?domain=${link.domain}` : ""}`;
    const picture = async () => {
      const links = (await a.get("/v1/links?limit=100")).json.data;
      const keys = (await a.get("/v1/keys?limit=100")).json.data.map(({ last_used_at, ...key }) => key);
      const stats = await Promise.all(links.map(async (link) => (await a.get(pathOf(link, "/stats"))).json.clicks));
      const tasks = (await a.get("/v1/tasks?limit=100")).json.data;
      const schedules = (await a.get("/v1/schedules?limit=100")).json.data;
      const queues = (await a.get("/v1/queues?limit=100")).json.data.map(({ latency_ms, ...queue }) => queue);
      const webhooks = (await a.get("/v1/webhooks?limit=100")).json.data.map(({ id, url, enabled, event_types }) => ({ id, url, enabled, event_types }));
      return JSON.stringify({ links, keys, stats, tasks, schedules, queues, webhooks });
    };
    const fill = (path, values) => path.replace(/([a-z]+)\/(\{\w+\})/g, (whole, group, parameter) => {
      const value = values[`${group}/${parameter}`];
      assert.ok(value !== undefined, `no fixture for the parameter of ${path}`);
      return `${group}/${value}`;
    });

    const kRules = {
      async named({ method, path }, { queries = [""], bodies = [undefined], headers = [{}] }) {
        const before = await picture();
        for (const query of queries) for (const body of bodies) for (const header of headers) {
          const options = { body, headers: header };
          const theirs = await b.call(method, fill(path, named) + query, options);
          const none = await b.call(method, fill(path, nobodys) + query, options);
          assert.equal(theirs.status, 404, theirs.text);
          assert.deepEqual(bare(theirs), bare(none));
          assert.ok(!theirs.text.includes(kMark), theirs.text);
        }
        assert.equal(await picture(), before, "A's things are not as before");
      },
      async list({ path }, { queries }) {
        const mine = (await a.get(path)).json.data;
        assert.ok(mine.length >= 1);
        for (const query of queries) {
          const page = await b.get(path + query);
          assert.equal(page.status, 200);
          assert.ok(!page.text.includes(kMark), page.text);
          for (const thing of mine) assert.ok(!page.json.data.some((other) => (other.id ?? other.code ?? other.name ?? other.tag) === (thing.id ?? thing.code ?? thing.name ?? thing.tag)));
        }
        // A's cursor is none for B, and no count tells how many A has.
        const { next_cursor: cursor } = (await a.get(`${path}?limit=1`)).json;
        assert.ok(cursor);
        const refused = await b.get(`${path}?limit=1&cursor=${cursor}`);
        assert.equal(refused.status, 400);
        assert.equal(refused.json.reason, "invalid_cursor");
        assert.deepEqual(Object.keys((await b.get(path)).json).sort(), ["data", "next_cursor"]);
      },
      async added({ path }, { queries }) {
        const code = named["links/{code}"];
        await eventually("A's clicks are added up", async () => (await a.get(path + queries[0])).text.includes('"clicks":3'));
        assert.ok((await a.get(path + queries.at(-1))).text.includes(code));
        for (const query of queries) {
          const told = await b.get(path + query);
          assert.equal(told.status, 200, told.text);
          assert.ok(!told.text.includes(code), told.text);
          if (query.includes(kMark)) assert.ok(!/"(clicks|visitors|kept|of|other|unknown)":[1-9]/.test(told.text), told.text);
        }
      },
      async create({ path, name }, { body }) {
        const before = await picture();
        const made = await b.post(path, body(), { headers: { "Idempotency-Key": `leak ${name}`.replaceAll(" ", "-") } });
        assert.equal(made.status, 201, made.text);
        // The same key by A is A's own: nothing of B's comes back, and the other way round.
        const again = await a.post(path, body(), { headers: { "Idempotency-Key": `leak ${name}`.replaceAll(" ", "-") } });
        assert.equal(again.status, 201);
        assert.equal(again.headers["idempotency-replayed"], undefined);
        assert.notEqual(again.headers.location, made.headers.location);
        const own = made.headers.location;
        assert.equal((await a.get(own)).status, 404);
        assert.equal((await b.get(again.headers.location)).status, 404);
        if (path === "/v1/links") {
          // Codes are shared by all tenants: a code of A's is taken for B, like one of B's own, and says no more than that.
          const taken = await b.post(path, { url: "https://example.com/", code: named["links/{code}"] });
          const mine = (await b.post(path, { url: "https://example.com/", code: "b-has-this" })).json.code;
          const takenOwn = await b.post(path, { url: "https://example.com/", code: mine });
          assert.equal(taken.status, 409);
          assert.deepEqual(bare(taken), bare(takenOwn));
          await a.patch(again.headers.location, { enabled: false });
        }
        const { links } = JSON.parse(before);
        for (const link of links) assert.equal((await a.get(pathOf(link))).json.url, link.url);
      },
      async counted() {
        const record = (client, name) => client.post("/v1/activity/events", { events: [{ at: Date.now() / 1000, user: name, action: name, endpoint: name, tags: { [name]: name } }] });
        const of = async (client) => {
          const dimensions = (await client.get("/v1/activity/dimensions")).json.data;
          const tops = await Promise.all(["user", "action", "endpoint", kMark].map((name) => client.get(`/v1/activity/top?dimension=${name}&window=1d`)));
          return { dimensions, tops: tops.map(({ json }) => ({ total: json.total, data: json.data })) };
        };
        assert.equal((await record(a, kMark)).status, 202);
        const before = await of(a);
        assert.ok(before.dimensions.includes(kMark) && before.tops.every(({ total }) => total > 0));
        assert.equal((await record(b, "of-tenant-b")).status, 202);
        assert.deepEqual(await of(a), before, "A's counts are not as before");
        const theirs = await of(b);
        assert.ok(!JSON.stringify(theirs).includes(kMark), JSON.stringify(theirs));
        assert.deepEqual(theirs.tops[3], { total: 0, data: [] });
      },
      async reports({ path }) {
        const before = await picture();
        const queue = `${kMark}-leased`;
        const { id } = (await a.post("/v1/tasks", { queue, payload: kMark })).json;
        const [{ lease_token }] = (await a.post(`/v1/queues/${queue}/lease`, {})).json.tasks;
        const report = async (who, tasks) => (await who.post(path, { tasks })).json.tasks.map(({ ok, reason }) => ({ ok, reason }));
        const theirs = await report(b, [{ id, lease_token }, { id, lease_token: "x" }, { id: nobodys["tasks/{id}"], lease_token }]);
        assert.deepEqual(theirs, Array(3).fill({ ok: false, reason: "task_not_found" }));
        assert.deepEqual(await report(a, [{ id, lease_token }]), [{ ok: true, reason: null }]);
        assert.equal((await a.get(`/v1/tasks/${id}`)).json.attempt, 1);
        // It ends, so that what A has changes no more by itself.
        await a.post(`/v1/tasks/${id}/complete`, { lease_token });
        await a.post(`/v1/tasks/${id}/cancel`);
        assert.ok(JSON.parse(before).tasks.every((task) => task.id !== id));
      },
      // All routes of queues, and those that make things under names that tenants share.
      async queues() {
        const before = await picture();
        const name = "shared-too";
        assert.ok(!(await b.get("/v1/queues?limit=100")).text.includes(kMark));
        const empty = (await b.get(`/v1/queues/${name}`)).json;
        const none = (await b.get("/v1/queues/of-nobody")).json;
        assert.deepEqual({ ...empty, queue: "" }, { ...none, queue: "" });
        assert.deepEqual((await b.post(`/v1/queues/${name}/lease`, { max: 100 })).json, { tasks: [] });
        assert.deepEqual((await b.post(`/v1/queues/${name}/redrive`, {})).json, { redriven: 0, more: false });
        assert.equal((await b.call("PUT", `/v1/queues/${name}`, { body: { paused: true } })).status, 200);
        assert.equal((await b.call("PUT", `/v1/schedules/${kMark}-schedule`, { body: { cron: "1 1 1 1 *", queue: "shared", payload: 1 } })).status, 200);
        assert.equal((await b.delete(`/v1/schedules/${kMark}-schedule`)).status, 204);
        const made = (await b.post("/v1/tasks/batch", { tasks: [{ queue: "shared", payload: "of-tenant-b", unique_key: "u" }] })).json.tasks;
        assert.equal(made[0].existed, false);
        assert.equal((await b.post(`/v1/tasks/${made[0].id}/cancel`)).status, 200);
        assert.equal((await b.call("PUT", `/v1/queues/${name}`, { body: {} })).status, 200);
        assert.equal(await picture(), before, "A's queues are not as before");
      },
      async signing() {
        const secret = async (who) => (await who.get("/v1/tasks/signing-key")).json.secret;
        const mine = await secret(a);
        assert.notEqual(await secret(b), mine);
        assert.equal((await b.post("/v1/tasks/signing-key/rotate")).status, 200);
        assert.equal(await secret(a), mine);
      },
      async none({ method, path }) {
        const answers = [];
        for (const id of ["1", "987654321"]) answers.push(bare(await b.call(method, path.replace("{id}", id))));
        assert.deepEqual(answers[0], answers[1]);
        assert.equal(answers[0].status, path.endsWith("/sagas") ? 200 : 404);
      },
      // All routes of limits in one story, told once for each.
      async limited() {
        const at = "/v1/limits";
        const attributes = { user: kMark };
        const rules = (name) => ({ rules: [{ name, key: ["user"], algorithm: "fixed_window", limit: 1000, per: "day", shadow: false }] });
        const left = async (client) => (await client.post(`${at}/check`, { attributes, cost: 0, peek: true })).json.limits.map(({ remaining }) => remaining);
        assert.equal((await a.call("PUT", `${at}/rules`, { body: rules(kMark) })).status, 200);
        assert.ok((await a.post(`${at}/check`, { attributes })).json.allowed);
        const reserved = (await a.post(`${at}/reserve`, { attributes, cost: 10, ttl_ms: 60_000 })).json.reservation;
        assert.ok(reserved);
        const before = await left(a);
        assert.equal(before.length, 1);

        // B has no rules of this name, then one of its own whose count is B's alone.
        for (const path of ["rules", "rules/versions", "usage", "shadow"]) {
          const theirs = await b.get(`${at}/${path}`);
          assert.equal(theirs.status, 200);
          assert.ok(!theirs.text.includes(kMark), theirs.text);
        }
        assert.equal((await b.get(`${at}/usage/rule?rule=${kMark}`)).status, 404);
        const settled = await b.post(`${at}/settle`, { reservation: reserved, used: 0 });
        assert.equal(settled.status, 422);
        assert.equal(settled.json.reason, "reservation_invalid");
        assert.equal((await b.call("PUT", `${at}/rules`, { body: rules("of-tenant-b") })).status, 200);
        await b.post(`${at}/check`, { attributes, cost: 100 });
        await b.post(`${at}/batch`, { checks: [{ attributes, cost: 100 }] });
        await b.post(`${at}/refund`, { attributes, cost: 100 });
        await b.post(`${at}/rules/dry-run`, rules("of-tenant-b"));
        assert.deepEqual(await left(a), before, "A's count is not as before");

        // Versions are counted by tenant: the one that only A has is unknown to B.
        const ofA = (await a.get(`${at}/rules/versions`)).json.data;
        const ofB = (await b.get(`${at}/rules/versions`)).json.data;
        const unknown = Math.max(...ofA.map(({ version }) => version), ...ofB.map(({ version }) => version)) + 1;
        assert.equal((await b.get(`${at}/rules/versions/${unknown}`)).status, 404);
        assert.equal((await b.post(`${at}/rules/rollback`, { version: unknown })).status, 404);
        for (const { version } of ofB) assert.ok(!(await b.get(`${at}/rules/versions/${version}`)).text.includes(kMark));

        const [mine, other] = [a, b].map((client) => eventStream(server.origin, `${at}/live`, client.key));
        await Promise.all([mine.ready, other.ready]);
        await eventually("both streams tell", async () => {
          for (const client of [a, b]) await client.post(`${at}/check`, { attributes });
          return [mine, other].every(({ events }) => events.length > 0);
        });
        assert.ok(!JSON.stringify(other.events).includes(kMark));
        assert.ok(!JSON.stringify(mine.events).includes("of-tenant-b"));
        mine.close();
        other.close();
      },
      async stream({ path }) {
        const theirs = await b.get(`${path}?code=${named["links/{code}"]}`);
        assert.equal(theirs.status, 404);
        assert.deepEqual(bare(theirs), bare(await b.get(`${path}?code=${nobodys["links/{code}"]}`)));
        const [mine, other] = [a, b].map((client) => eventStream(server.origin, path, client.key));
        await Promise.all([mine.ready, other.ready]);
        const own = (await b.post("/v1/links", { url: "https://example.com/of-tenant-b/streamed" })).json.code;
        await a.get(`/${named["links/{code}"]}`);
        await a.get(`/${own}`);
        await eventually("both streams tell", () => mine.events.length > 0 && other.events.length > 0);
        await sleep(300);
        assert.deepEqual([...new Set(mine.events.map(({ data }) => JSON.parse(data).code))], [named["links/{code}"]]);
        assert.deepEqual([...new Set(other.events.map(({ data }) => JSON.parse(data).code))], [own]);
        mine.close();
        other.close();
      },
      async money() {
        await (story ??= moneyStory({ a, b, mark: kMark, bare }));
      },
      async documents() {
        await (documents ??= documentsStory({ a, b, mark: kMark, bare }));
      },
      async notifications() {
        await recipients;
        const stream = async (client, path) => {
          const opened = eventStream(server.origin, path, client.key);
          await opened.ready;
          return opened;
        };
        await (notifications ??= notificationsStory({ a, b, mark: kMark, bare, stream, eventually }));
      },
      async abuse() {
        await (abuse ??= abuseStory({ a, b, code: named["links/{code}"], nobodys: nobodys["links/{code}"], mark: kMark, bare }));
      },
      async campaigns() {
        await (campaigns ??= campaignsStory({ a, b, mark: kMark, bare }));
      },
      async many_links() {
        await (manyLinks ??= manyLinksStory({ a, b, mark: kMark, bare }));
      },
      async domains() {
        await (domains ??= domainsStory({ a, b, mark: kMark, bare }));
      },
      async templates() {
        await (templates ??= templatesStory({ a, b, mark: kMark, bare }));
      },
      async imports() {
        await (imports ??= importsStory({ a, b, mark: kMark, bare, eventually }));
      },
      async recipients() {
        await (recipients ??= recipientsStory({ a, b, mark: kMark, bare }));
      },
      async platform({ method, path }, { body, query = "" }) {
        for (const name of ["tenant-a", "tenant-b", "no-such-tenant"]) {
          const refused = await b.call(method, path.replace("{name}", name) + query, { body: body?.() });
          assert.equal(refused.status, 403);
          assert.equal(refused.json.reason, "admin_required");
        }
        // A key acts for its own tenant, whatever the header says.
        assert.ok(!(await b.get("/v1/links", { headers: { "Ashlar-Tenant": "tenant-a" } })).text.includes(kMark));
      },
      async open({ method, path }, { body }) {
        const answers = [];
        for (const key of [a.key, b.key, null]) answers.push(bare(await b.call(method, path, { key, body: body?.() })));
        assert.deepEqual(answers[1], answers[0]);
        assert.deepEqual(answers[2], answers[0]);
        assert.ok(!answers[0].body.includes(kMark));
      },
      async metrics({ path }) {
        const { text } = await b.get(path);
        for (const word of [kMark, "tenant-a", "tenant-b", named["links/{code}"]]) assert.ok(!text.includes(word), word);
      },
      async redirect() {
        const answer = await b.get(`/${named["links/{code}"]}`, { key: null });
        assert.equal(answer.status, 302);
      },
      // A's link has no password: the form leads back to it, and says nothing of whose it is.
      async unlock() {
        const answer = await b.post(`/${named["links/{code}"]}/unlock`, "", { key: null });
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.location, `/${named["links/{code}"]}`);
      },
    };

    it("every route has its rule here, and every rule its route", () => {
      const known = operations.map(({ name }) => name);
      assert.deepEqual(known.filter((name) => !(name in kRoutes)), [], "new routes: say above what must hold for them");
      assert.deepEqual(Object.keys(kRoutes).filter((name) => !known.includes(name)), [], "these routes are gone");
    });

    it("each holds", async (context) => {
      for (const operation of operations) {
        const route = kRoutes[operation.name];
        if (route) await context.test(`${kind}: ${operation.name} (${route.rule})`, () => kRules[route.rule](operation, route));
      }
    });

    it("through the APIs of other shorteners", () => linkClientsStory({ a, b, mark: kMark, bare }));

    it("without a key no tenant's route answers", async () => {
      for (const operation of operations) {
        if (["open", "metrics", "redirect", "unlock"].includes(kRoutes[operation.name]?.rule)) continue;
        if (operation.name === "POST /{code}/report") continue;  // of visitors, who have none
        if (operation.name === "GET /v1/inbox/ws") continue;  // asks for a handshake first (426): notifications_inbox.test.mjs
        const path = operation.path.replace(/\{\w+\}/g, "x");
        const refused = await b.call(operation.method, path, { key: null, body: kRoutes[operation.name]?.body?.() ?? kRoutes[operation.name]?.bodies?.[0] });
        assert.equal(refused.status, 401, operation.name);
      }
    });

    it("the export of one tenant holds nothing of the other's", () => {
      const exported = server.cli("tenant", "export", "tenant-b");
      assert.equal(exported.code, 0, exported.stderr);
      assert.ok(exported.stdout.includes("of-tenant-b"));
      assert.ok(!exported.stdout.includes(kMark));

    });
  });
}
