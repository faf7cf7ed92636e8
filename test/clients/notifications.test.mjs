// Notifications as a user of the API meets them, on both stores: accepted, planned by the rules, caught where there is no provider,
// in the inbox, put off, gathered, called back, explained.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventStream } from "./support/http.mjs";
import { eventually, kPostgres } from "./support/process.mjs";
import { Server } from "./support/server.mjs";
import WebSocket from "ws";

const kHour_ms = 3600_000;
const hours = (n) => new Date(Date.now() + n * kHour_ms).toISOString();

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("notifications on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
    continue;
  }
  describe(`notifications on ${kind}`, { timeout: 120_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    const story = async (id) => (await api.get(`/v1/notifications/${id}`)).json;
    const send = async (body) => {
      const answer = await api.post("/v1/notifications", body);
      assert.equal(answer.status, 202, answer.text);
      return answer.json;
    };
    const reaches = async (id, state) => {
      let last;
      await eventually(`notification ${id} is ${state}`, async () => (last = await story(id)).state === state).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
      });
      return last;
    };
    const recipient = async (id, body) => {
      const answer = await api.call("PUT", `/v1/recipients/${id}`, { body });
      assert.equal(answer.status, 200, answer.text);
    };
    const caught = async (address) => (await api.get("/v1/notification-catcher?limit=100")).json.data.filter((one) => one.address === address);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.client(server.key);
    });
    after(() => server?.stop());

    it("a mail to a bare address is caught where there is no provider, once for a dedupe_key", async () => {
      const body = { to: { email: "Bob@EXAMPLE.com" }, content: { subject: "Hi", text: "hello", html: "<p>hello</p>" }, dedupe_key: `k-${kind}` };
      const first = await send(body);
      assert.equal(first.state, "accepted");
      const again = await send(body);
      assert.deepEqual([again.id, again.existed], [first.id, true]);
      const told = await reaches(first.id, "sent");
      assert.deepEqual(told.timeline.map(({ event }) => event), ["accepted", "queued", "attempt.accepted"]);
      assert.equal(told.deliveries[0].address, "Bob@example.com");
      const mails = await caught("Bob@example.com");
      assert.equal(mails.length, 1);
      assert.equal(mails[0].subject, "Hi");
    });

    it("64 writers at once, of different users and of one: each is answered", async () => {
      const put = async (id) => (await api.call("PUT", `/v1/recipients/${id}`, { body: { email: `${id}@example.com` } })).status;
      const all = Array.from({ length: 64 }, (_, i) => i);
      for (const round of [0, 1, 2]) {
        assert.deepEqual([...new Set(await Promise.all(all.map((i) => put(`crowd-${round}-${i}`))))], [200]);
        assert.deepEqual([...new Set(await Promise.all(all.map(() => put("crowded"))))], [200]);
      }
      assert.equal((await api.get("/v1/recipients/crowded")).headers.etag, '"v192"');
    });

    it("wishes, suppression and no address: skipped, each with its reason", async () => {
      await recipient("wary", { email: "wary@example.com", preferences: { categories: { marketing: false } } });
      const unwanted = await send({ to: { user_id: "wary" }, content: { text: "x" }, category: "marketing" });
      assert.equal(unwanted.state, "skipped");
      assert.equal((await story(unwanted.id)).deliveries[0].reason, "opted_out");
      assert.equal((await send({ to: { user_id: "wary" }, content: { text: "x" }, channels: ["sms"] })).state, "skipped");
      const suppressed = await api.post("/v1/notification-suppressions", { channel: "email", address: "wary@example.com" });
      assert.equal(suppressed.status, 200, suppressed.text);
      const kept = await send({ to: { user_id: "wary" }, content: { text: "x" }, category: "orders" });
      assert.equal((await story(kept.id)).deliveries[0].reason, "suppressed");
      const why = (await api.get("/v1/notifications/why?user_id=wary&category=orders")).json;
      assert.equal(why.now[0].decision, "skip");
      assert.equal(why.now[0].reason, "suppressed");
      assert.deepEqual(why.recent.map(({ id }) => id), [kept.id]);
    });

    it("quiet hours put it off, a critical category goes through them", async () => {
      const all = { from: "00:00", to: "24:00" };
      await recipient("asleep", { email: "asleep@example.com", time_zone: "Europe/Vienna", quiet_hours: { ...all, days: [new Date().toLocaleDateString("en", { weekday: "short", timeZone: "Europe/Vienna" }).toLowerCase()] } });
      const late = await send({ to: { user_id: "asleep" }, content: { text: "x" }, category: "news" });
      assert.equal(late.state, "accepted");
      const told = await story(late.id);
      assert.deepEqual(told.timeline.map(({ event }) => event), ["accepted", "deferred"]);
      assert.equal(told.deliveries[0].reason, "quiet_hours");
      assert.ok(Date.parse(told.deliveries[0].next_attempt_at) > Date.now());
      assert.equal((await api.call("PUT", "/v1/notification-categories/security", { body: { title: "Security", critical: true } })).status, 200);
      await reaches((await send({ to: { user_id: "asleep" }, content: { text: "x" }, category: "security" })).id, "sent");
      const cancelled = await api.post(`/v1/notifications/${late.id}/cancel`);
      assert.equal(cancelled.json.state, "skipped", cancelled.text);
      assert.equal((await api.post(`/v1/notifications/${late.id}/cancel`)).status, 409);
    });

    it("a cap counts over notifications, not over their channels", async () => {
      assert.equal((await api.call("PUT", "/v1/notification-categories/offers", { body: { title: "Offers", caps: [{ max: 2, per: "day", excess: "skip" }] } })).status, 200);
      await recipient("keen", { email: "keen@example.com", phone: "+431234567" });
      const states = [];
      for (let i = 0; i < 3; i++) states.push((await send({ to: { user_id: "keen" }, content: { text: "x" }, category: "offers", channels: ["email", "sms"] })).state);
      assert.deepEqual(states, ["accepted", "accepted", "skipped"]);
    });

    it("later, and not at all once it has expired", async () => {
      const later = await send({ to: { email: "later@example.com" }, content: { text: "x" }, send_at: new Date(Date.now() + 1500).toISOString() });
      assert.equal((await story(later.id)).deliveries.length, 0);
      await reaches(later.id, "sent");
      const refused = await api.post("/v1/notifications", { to: { email: "a@example.com" }, content: { text: "x" }, send_at: hours(2), expires_at: hours(1) });
      assert.equal(refused.status, 422);
      assert.equal(refused.json.errors[0].reason, "expires_too_early");
    });

    it("what is gathered goes out as one", async () => {
      await recipient("reader", { email: "reader@example.com" });
      const digest = { key: "comments", for_s: 2 };
      const ids = [];
      for (const text of ["one", "two", "three"]) ids.push((await send({ to: { user_id: "reader" }, content: { subject: "Comment", text }, digest })).id);
      for (const id of ids) await reaches(id, "sent");
      const mails = await caught("reader@example.com");
      assert.equal(mails.length, 1);
      for (const text of ["one", "two", "three"]) assert.ok(mails[0].text.includes(text), mails[0].text);
      assert.equal(new Set(await Promise.all(ids.map(async (id) => (await story(id)).digested_into))).size, 1);
    });

    it("what was gathered can be called back until it goes out, and the rest goes without it", async () => {
      await recipient("patient", { email: "patient@example.com" });
      const digest = { key: "talk", for_s: 3 };
      const ids = [];
      for (const text of ["keep-1", "drop-1", "keep-2"]) ids.push((await send({ to: { user_id: "patient" }, content: { subject: "Talk", text }, digest })).id);
      const cancelled = await api.post(`/v1/notifications/${ids[1]}/cancel`);
      assert.deepEqual([cancelled.status, cancelled.json.state, cancelled.json.reason], [200, "skipped", "cancelled"], cancelled.text);
      assert.equal((await api.post(`/v1/notifications/${ids[1]}/cancel`)).status, 409);
      await reaches(ids[0], "sent");
      await reaches(ids[2], "sent");
      const [mail] = await caught("patient@example.com");
      assert.ok(mail.text.includes("keep-1") && mail.text.includes("keep-2") && !mail.text.includes("drop-1"), mail.text);
      assert.equal((await api.post(`/v1/notifications/${ids[0]}/cancel`)).status, 409);
      assert.equal((await story(ids[1])).digested_into, null);
    });

    it("a digest says how many do not fit", async () => {
      await recipient("busy", { email: "busy@example.com" });
      const ids = [];
      for (let i = 0; i < 3; i++) {
        ids.push((await send({ to: { user_id: "busy" }, content: { subject: "Long", text: `${i}`.repeat(60_000) }, digest: { key: "long", for_s: 2 } })).id);
      }
      for (const id of ids) await reaches(id, "sent");
      const [mail] = await caught("busy@example.com");
      assert.match(mail.text, /\(1 more do not fit in here\.\)/);
    });

    it("more than one digest holds: the rest goes out as another, and none is left behind", async () => {
      await recipient("popular", { email: "popular@example.com" });
      const ids = [];
      await Promise.all(Array.from({ length: 10 }, async (_, at) => {
        for (let i = at; i < 505; i += 10) ids.push((await send({ to: { user_id: "popular" }, content: { subject: "Like", text: `like ${i}` }, digest: { key: "likes", for_s: 8 } })).id);
      }));
      await eventually("two mails are there", async () => (await caught("popular@example.com")).length === 2, 25_000);
      const texts = (await caught("popular@example.com")).map(({ text }) => text).join("\n").split("\n");
      for (let i = 0; i < 505; i++) assert.ok(texts.includes(`like ${i}`), `like ${i} is lost`);
      await reaches(ids[0], "sent");
      await reaches(ids[504], "sent");
    });

    it("the inbox: an entry, its streams, read and archived", async () => {
      await recipient("app", { email: "app@example.com" });
      const events = eventStream(server.origin, "/v1/recipients/app/inbox/stream", server.key);
      await events.ready;
      const socket = new WebSocket(`${server.origin.replace("http", "ws")}/v1/recipients/app/inbox/ws`, { headers: { Authorization: `Bearer ${server.key}` } });
      const heard = [];
      socket.on("message", (data) => heard.push(JSON.parse(data)));
      await new Promise((open, fail) => socket.once("open", open).once("error", fail));
      const { id } = await send({ to: { user_id: "app" }, channels: ["inbox"], content: { subject: "Hi", text: "there", url: "https://example.com/x", data: { a: 1 } } });
      await reaches(id, "delivered");
      await eventually("both streams tell", () => events.events.length > 0 && heard.length > 0);
      assert.deepEqual(heard[0], { event: "inbox", data: { user_id: "app" } });
      const [entry] = (await api.get("/v1/recipients/app/inbox")).json.data;
      assert.deepEqual([entry.title, entry.body, entry.url, entry.data, entry.read_at], ["Hi", "there", "https://example.com/x", { a: 1 }, null]);
      assert.deepEqual((await api.get("/v1/recipients/app/inbox/counts")).json, { unread: 1, current: 1, archived: 0 });
      assert.notEqual((await api.post(`/v1/recipients/app/inbox/${entry.id}/read`)).json.read_at, null);
      assert.equal((await story(id)).state, "opened");
      await api.post(`/v1/recipients/app/inbox/${entry.id}/unread`);
      assert.equal((await story(id)).state, "opened", "a state never goes back");
      await api.post(`/v1/recipients/app/inbox/${entry.id}/archive`);
      assert.deepEqual((await api.get("/v1/recipients/app/inbox/counts")).json, { unread: 0, current: 0, archived: 1 });
      events.close();
      socket.close();
    });

    it("the hosted page is in its reader's language, or the browser's", async () => {
      const page = async (locale, accepted) => {
        await recipient("reads", { email: "reads@example.com", ...(locale ? { locale } : {}) });
        const { url } = (await api.post("/v1/recipients/reads/preferences-link")).json;
        const answer = await api.get(new URL(url).pathname, { key: null, headers: { "Accept-Language": accepted } });
        assert.equal(answer.status, 200, answer.text);
        return [/<html lang="(\w+)"/.exec(answer.text)[1], /<h1>([^<]+)</.exec(answer.text)[1]];
      };
      assert.deepEqual(await page(null, "fr-CH, de;q=0.5"), ["fr", "Ce que vous recevez de nous"]);
      assert.deepEqual(await page("de-AT", "fr"), ["de", "Was Sie von uns bekommen"]);
      assert.deepEqual(await page("pt-BR", "pt"), ["en", "What you get from us"]);
      const broken = await api.get("/n/x", { key: null, headers: { "Accept-Language": "es" } });
      assert.equal(broken.status, 404);
      assert.match(broken.text, /Este enlace no funciona/);
    });

    it("what cannot be: a clear answer, and nothing kept", async () => {
      const content = { text: "x" };
      const bad = [
        [{ to: {}, content }, "recipient_missing"],
        [{ to: { device: "12x" }, content }, "device_invalid"],
        [{ to: { device: "0" }, content }, "device_invalid"],
        [{ to: { email: "a@b.c", phone: "+431234567" }, content }, "recipient_ambiguous"],
        [{ to: { email: "a@example.com" } }, "content_missing"],
        [{ to: { email: "a@example.com" }, content: {} }, "content_missing"],
        [{ to: { email: "a@example.com" }, content: { subject: "x\r\nBcc: evil@example.com", text: "x" } }, "control_character"],
        [{ to: { email: "a@example.com" }, content, template: "t" }, "content_ambiguous"],
        [{ to: { email: "a@example.com" }, content, channels: ["pigeon"] }, "channel_unknown"],
        [{ to: { email: "a@example.com" }, content, digest: { key: "k" } }, "digest_needs_user"],
        [{ to: { email: "a@example.com" }, content, data: { a: 1 } }, "data_without_template"],
      ];
      for (const [body, reason] of bad) {
        const answer = await api.post("/v1/notifications", body);
        assert.equal(answer.status, 422, `${reason}: ${answer.text}`);
        assert.equal(answer.json.errors[0].reason, reason, answer.text);
      }
      assert.equal((await api.post("/v1/notifications", { to: { user_id: "nobody-here" }, content })).json.reason, "recipient_not_found");
      assert.equal((await api.post("/v1/notifications", { to: { device: "12345" }, content })).json.reason, "device_not_found");
      assert.equal((await api.post("/v1/notifications", { to: { email: "a@example.com" }, template: "no-such" })).json.reason, "template_not_found");
      assert.equal((await api.get("/v1/notifications/0")).status, 404);
    });
  });
}
