// Inbox tokens as a user's browser uses them, on both stores: what a token opens and what not, streams that end with it, tokens that
// are ended, keys that are revoked, pages of other origins.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { Api, eventStream } from "./support/http.mjs";
import { eventually, kPostgres, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kOrigin = "https://app.example";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("inbox tokens on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
    continue;
  }
  describe(`inbox tokens on ${kind}`, { timeout: 120_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    const token = async (user, body = {}, client = api) => {
      const made = await client.post(`/v1/recipients/${user}/inbox-tokens`, body);
      assert.equal(made.status, 201, made.text);
      assert.equal(made.headers["cache-control"], "no-store");
      return made.json.token;
    };
    const browser = async (user, body) => new Api(server.origin, await token(user, body));
    const tell = async (user, text) => {
      const sent = await api.post("/v1/notifications", { to: { user_id: user }, channels: ["inbox"], content: { subject: text, text } });
      assert.equal(sent.status, 202, sent.text);
      return sent.json.id;
    };
    // {heard: [message], closed: {code, reason}}
    const listen = (text) => {
      const socket = new WebSocket(`${server.origin.replace("http", "ws")}/v1/inbox/ws${text === undefined ? "" : `?token=${text}`}`);
      const ear = { heard: [], socket };
      ear.opened = new Promise((done, failed) => (socket.on("open", done), socket.on("error", failed)));
      ear.closed = new Promise((done) => socket.on("close", (code, reason) => done({ code, reason: String(reason) })));
      socket.on("message", (data) => ear.heard.push(JSON.parse(data)));
      return ear;
    };
    before(async () => {
      server = await Server.start({ store: kind, sets: { "cors.tenant_origins": `demo=${kOrigin}` } });
      api = server.client(server.key);
    });
    after(() => server?.stop());

    it("a token opens its user's inbox and no other's, and nothing else", async () => {
      await tell("ann", "for ann");
      await tell("bob", "for bob");
      const [ann, bob] = [await browser("ann"), await browser("bob")];
      await eventually("the entries lie there", async () =>
        (await ann.get("/v1/inbox/counts")).json.unread === 1 && (await bob.get("/v1/inbox/counts")).json.unread === 1);
      const [entry] = (await ann.get("/v1/inbox?state=unread&limit=5")).json.data;
      assert.equal(entry.title, "for ann");
      assert.equal((await ann.get(`/v1/inbox?token=${bob.key}`, { key: null })).json.data[0].title, "for bob");
      assert.equal((await bob.post(`/v1/inbox/${entry.id}/read`)).json.reason, "inbox_entry_not_found");
      const read = await ann.post(`/v1/inbox/${entry.id}/read`);
      assert.notEqual(read.json.read_at, null, read.text);
      assert.equal((await api.get(`/v1/notifications/${entry.notification_id}`)).json.state, "opened");
      assert.equal((await ann.post(`/v1/inbox/${entry.id}/unread`)).json.read_at, null);
      assert.equal((await ann.post("/v1/inbox/read", {})).json.read, 1);
      assert.notEqual((await ann.post(`/v1/inbox/${entry.id}/archive`)).json.archived_at, null);
      assert.equal((await ann.post(`/v1/inbox/${entry.id}/unarchive`)).json.archived_at, null);
      assert.deepEqual((await bob.get("/v1/inbox/counts")).json, { unread: 1, current: 1, archived: 0 });
      for (const path of ["/v1/notifications", "/v1/recipients/ann", "/v1/recipients/ann/inbox", "/v1/recipients/bob/inbox", "/v1/links"]) {
        assert.equal((await ann.get(path)).status, 401, path);
      }
      assert.equal((await ann.post("/v1/recipients/ann/inbox-tokens", {})).status, 401);
    });

    it("what is no token, a key, one of an altered user and one that is over are refused", async () => {
      const visitor = new Api(server.origin);
      const reason = async (given) => (await visitor.get("/v1/inbox", { key: given })).json.reason;
      const good = await token("ann");
      const [plain, tag] = good.slice(3).split(".");
      const forged = `it_${Buffer.from(Buffer.from(plain, "base64url").toString().replace("\nann\n", "\nbob\n")).toString("base64url")}.${tag}`;
      assert.equal(await reason(null), "missing_credentials");
      assert.equal(await reason(server.key), "invalid_inbox_token");
      assert.equal(await reason(forged), "invalid_inbox_token");
      assert.equal(await reason(good.slice(0, -2)), "invalid_inbox_token");
      assert.equal(await reason(`it_${"A".repeat(4000)}`), "invalid_inbox_token");
      const short = await token("ann", { ttl_s: 1 });
      await sleep(1100);
      assert.equal(await reason(short), "expired_inbox_token");
      for (const ttl_s of [0, -1, 86_401]) assert.equal((await api.post("/v1/recipients/ann/inbox-tokens", { ttl_s })).status, 422);
      assert.equal((await api.post("/v1/recipients/a%20b/inbox-tokens", {})).status, 422);
    });

    it("streams tell of what comes, and end with their token", async () => {
      const [short, long] = [await token("eve", { ttl_s: 3 }), await token("eve")];
      const events = eventStream(server.origin, `/v1/inbox/stream?token=${short}`, "");
      assert.equal((await events.ready).statusCode, 200);
      const [ending, staying] = [listen(short), listen(long)];
      await Promise.all([ending.opened, staying.opened]);
      await tell("eve", "hello");
      await eventually("all hear of it", () => events.events.length === 1 && ending.heard.length === 1 && staying.heard.length === 1);
      assert.deepEqual(ending.heard[0], { event: "inbox", data: { user_id: "eve" } });
      assert.deepEqual(await ending.closed, { code: 4401, reason: "expired_inbox_token" });
      await eventually("the stream is closed", () => events.closed);
      assert.deepEqual(events.events.at(-1), { event: "ended", data: JSON.stringify({ reason: "expired_inbox_token" }) });
      assert.deepEqual(await listen(short).closed, { code: 4401, reason: "expired_inbox_token" });
      assert.deepEqual(await listen("it_x.y").closed, { code: 4401, reason: "invalid_inbox_token" });
      await assert.rejects(listen(undefined).opened, /401/);
      assert.equal(staying.socket.readyState, WebSocket.OPEN);
      staying.socket.close();
    });

    it("tokens that are ended open nothing, who is inside is shown out, and others stay", async () => {
      const [first, other] = [await token("fay"), await token("gus")];
      const [inside, neighbour] = [listen(first), listen(other)];
      const events = eventStream(server.origin, `/v1/inbox/stream?token=${first}`, "");
      await Promise.all([inside.opened, neighbour.opened, events.ready]);
      assert.equal((await api.delete("/v1/recipients/fay/inbox-tokens")).status, 204);
      assert.deepEqual(await inside.closed, { code: 4403, reason: "ended_inbox_token" });
      await eventually("the stream is closed", () => events.closed);
      assert.equal((await api.get("/v1/inbox", { key: first })).json.reason, "ended_inbox_token");
      assert.equal((await api.get("/v1/inbox", { key: await token("fay") })).status, 200);
      assert.equal((await api.get("/v1/inbox", { key: other })).status, 200);
      assert.equal(neighbour.socket.readyState, WebSocket.OPEN);
      neighbour.socket.close();
    });

    it("the streams of a key's tokens end with the key", async () => {
      const made = await api.post("/v1/keys", { name: "backend", scopes: ["notifications:write"] });
      const backend = new Api(server.origin, made.json.key);
      const inside = listen(await token("hal", {}, backend));
      await inside.opened;
      assert.equal((await api.delete(`/v1/keys/${made.json.id}`)).status, 204);
      assert.equal((await inside.closed).code, 1001);
      backend.close();
    });

    it("a page of the tenant's origin may read it, another may not", async () => {
      const ann = await browser("ann");
      const preflight = await ann.call("OPTIONS", "/v1/inbox", { key: null, headers: { Origin: kOrigin,
        "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization" } });
      assert.equal(preflight.headers["access-control-allow-origin"], kOrigin, preflight.text);
      const allowed = async (origin) => (await ann.get("/v1/inbox", { headers: { Origin: origin } })).headers["access-control-allow-origin"];
      assert.equal(await allowed(kOrigin), kOrigin);
      assert.equal(await allowed("https://evil.example"), undefined);
      const events = eventStream(server.origin, `/v1/inbox/stream?token=${ann.key}`, "");
      await events.ready;
      events.close();
    });
  });
}
