// Pushes through doubles of the three services: what is sent, and what each of their answers does to delivery and device.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import webpush from "web-push";
import { eventually } from "../support/process.mjs";
import { ApnsService, BrowserService, fcmCode, FcmService, fcmError, fcmViolation } from "../support/push_services.mjs";
import { Server } from "../support/server.mjs";

const apple = (reason, more = {}) => ({ reason, ...more });

// answer; the delivery's state, its reason; the device afterwards (none: still there, as it was).
const kApns = [
  [{ status: 200 }, "sent", null],
  [{ status: 410, body: apple("Unregistered", { timestamp: Date.now() + 60_000 }) }, "failed", "device_gone", "gone"],
  [{ status: 410, body: apple("ExpiredToken", { timestamp: Date.now() + 60_000 }) }, "failed", "device_gone", "gone"],
  [{ status: 410, body: apple("Unregistered", { timestamp: 1_000_000_000_000 }) }, "failed", "device_gone", "active"],
  [{ status: 400, body: apple("BadDeviceToken") }, "failed", "token_rejected", "quarantined"],
  [{ status: 400, body: apple("DeviceTokenNotForTopic") }, "failed", "token_rejected", "quarantined"],
  [{ status: 400, body: apple("BadTopic") }, "failed", "malformed"],
  [{ status: 404, body: apple("BadPath") }, "failed", "malformed"],
  [{ status: 405, body: apple("MethodNotAllowed") }, "failed", "malformed"],
  [{ status: 413, body: apple("PayloadTooLarge") }, "failed", "malformed"],
  [{ status: 403, body: apple("InvalidProviderToken") }, "accepted", null],
  [{ status: 403, body: apple("BadEnvironmentKeyIdInToken") }, "accepted", null],
  [{ status: 403, body: apple("ExpiredProviderToken") }, "accepted", null],
  [{ status: 429, body: apple("TooManyRequests") }, "accepted", null],
  [{ status: 429, body: apple("TooManyProviderTokenUpdates") }, "accepted", null],
  [[{ status: 500, body: apple("InternalServerError") }, { status: 200 }], "sent", null],
  [[{ status: 503, body: apple("ServiceUnavailable") }, { status: 200 }], "sent", null],
  [[{ status: 503, body: apple("Shutdown") }, { status: 200 }], "sent", null],
  [[{ act: "refuse" }, { status: 200 }], "sent", null],
  [[{ act: "goaway" }, { status: 200 }], "sent", null],
  [[{ act: "close" }, { status: 200 }], "sent", null],
];

const kFcm = [
  [{ status: 200, body: { name: "projects/demo/messages/7" } }, "sent", null],
  [{ status: 404, body: fcmError("NOT_FOUND", fcmCode("UNREGISTERED")) }, "failed", "device_gone", "gone"],
  [{ status: 400, body: fcmError("INVALID_ARGUMENT", fcmCode("INVALID_ARGUMENT"), fcmViolation("message.token")) }, "failed", "device_gone", "gone"],
  [{ status: 400, body: fcmError("INVALID_ARGUMENT", fcmCode("INVALID_ARGUMENT"), fcmViolation("message.data")) }, "failed", "malformed"],
  [{ status: 403, body: fcmError("PERMISSION_DENIED", fcmCode("SENDER_ID_MISMATCH")) }, "failed", "device_gone", "gone"],
  [{ status: 403, body: fcmError("PERMISSION_DENIED") }, "accepted", null],
  [{ status: 401, body: fcmError("UNAUTHENTICATED", fcmCode("THIRD_PARTY_AUTH_ERROR")) }, "accepted", null],
  [[{ status: 401, body: fcmError("UNAUTHENTICATED") }, { status: 200, body: { name: "n" } }], "sent", null],
  [{ status: 429, body: fcmError("RESOURCE_EXHAUSTED", fcmCode("QUOTA_EXCEEDED")) }, "accepted", null],
  [[{ status: 500, body: fcmError("INTERNAL", fcmCode("INTERNAL")) }, { status: 200, body: { name: "n" } }], "sent", null],
  [[{ status: 502, body: "<html><title>502 Bad Gateway</title></html>" }, { status: 200, body: { name: "n" } }], "sent", null],
  [[{ status: 503, body: fcmError("UNAVAILABLE", fcmCode("UNAVAILABLE")) }, { status: 200, body: { name: "n" } }], "sent", null],
];

const kBrowser = [
  [{ status: 201 }, "sent", null],
  [{ status: 404 }, "failed", "device_gone", "gone"],
  [{ status: 410 }, "failed", "device_gone", "gone"],
  [{ status: 401 }, "failed", "token_rejected", "quarantined"],
  [{ status: 403 }, "failed", "token_rejected", "quarantined"],
  [{ status: 413 }, "failed", "refused"],
  [{ status: 400 }, "failed", "malformed"],
  [{ status: 429, headers: { "retry-after": "60" } }, "accepted", null],
  [[{ status: 500 }, { status: 201 }], "sent", null],
  [[{ status: 503 }, { status: 201 }], "sent", null],
];

export function pushServicesSuite(kind) {
  describe(`push services on ${kind}`, { timeout: 400_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 200_000 }, run);
    let server, api;
    const services = {};
    let number = 0;
    before(async () => {
      services.apns = await new ApnsService().listen();
      services.fcm = await new FcmService().listen();
      services.webpush = await new BrowserService().listen();
      server = await Server.start({ store: kind, sets: { "notifications.allow_private": true } });
      server.newTenant("acme");
      api = server.client(server.newKey("acme", "notifications:read", "notifications:write"));
    });
    after(async () => {
      api?.close();
      await server?.stop();
      for (const service of Object.values(services)) service.close();
    });

    const addProvider = async (type, more = {}) => {
      const answer = await api.post("/v1/notification-providers",
        { name: `${type}-${++number}`, host: services[type].origin, ...services[type].settings, ...more });
      assert.equal(answer.status, 201, answer.text);
      return answer.json;
    };
    const addDevice = async (type, user) => {
      const body = { platform: type };
      if (type === "webpush") body.subscription = services.webpush.subscribe();
      else body.token = (type === "apns" ? "" : "token-") + (++number).toString(16).padStart(64, "a");
      const answer = await api.post(`/v1/recipients/${user}/devices`, body);
      assert.equal(answer.status, 201, answer.text);
      return { id: answer.json.id, token: type === "webpush" ? new URL(body.subscription.endpoint).pathname : body.token };
    };
    const send = async (device, more = {}) => {
      const answer = await api.post("/v1/notifications",
        { to: { device: device.id }, channels: ["push"], content: { subject: "Hello", text: "A text" }, ...more });
      assert.equal(answer.status, 202, answer.text);
      return answer.json.id;
    };
    const read = async (id) => (await api.get(`/v1/notifications/${id}`)).json;
    // Once it has an end; where it is expected to have none soon, after its first attempt.
    const settled = (id, expected = "sent") => eventually(`notification ${id} settles`, async () => {
      const now = await read(id);
      const [delivery] = now.deliveries ?? [];
      if (!delivery) return false;
      return expected === "accepted" ? delivery.attempts > 0 && now : delivery.state !== "accepted" && now;
    }, 60_000);
    const deviceState = async (user, id) => (await api.get(`/v1/recipients/${user}/devices`)).json.data.find((one) => one.id === id)?.state ?? "gone";

    for (const [type, table] of [["apns", kApns], ["fcm", kFcm], ["webpush", kBrowser]]) {
      it(`${type}: every answer has its consequence`, async () => {
        const lines = [];
        // A provider and a user of its own each: what one answer does to a breaker or a lane says nothing of the next.
        await Promise.all(table.map(async ([answer, state, reason, device_state = "active"], i) => {
          const user = `${type}-${i}`;
          assert.ok((await api.call("PUT", `/v1/recipients/${user}`, { body: {} })).status < 300);
          const device = await addDevice(type, user);
          services[type].script.set(device.token, answer);
          lines[i] = { answer: [answer].flat()[0], user, device, state, reason, device_state };
        }));
        for (const line of lines) {
          const provider = await addProvider(type);
          const now = await settled(await send(line.device), line.state);
          const [delivery] = now.deliveries;
          line.now = { state: delivery.state, reason: delivery.reason ?? null, device: await deviceState(line.user, line.device.id), attempts: delivery.attempts };
          line.event = now.timeline.filter(({ status }) => status).map(({ event, code }) => `${event}${code ? ` ${code}` : ""}`)[0];
          services[type].script.delete(line.device.token);  // what is tried again does not trouble the next row's provider
          assert.equal((await api.delete(`/v1/notification-providers/${provider.id}`)).status, 204);
        }
        for (const { answer, now, event } of lines) {
          const said = answer.act ?? `${answer.status} ${typeof answer.body === "object" ? answer.body.reason ?? answer.body.error?.details?.map((d) => d.errorCode ?? d.fieldViolations[0].field).join(" ") ?? "" : ""}`;
          console.log(`  ${type.padEnd(8)} ${said.padEnd(42)} -> ${now.state} ${now.reason ?? ""}, device ${now.device}, attempts ${now.attempts}; ${event ?? ""}`);
        }
        for (const { answer, now, state, reason, device_state } of lines) {
          assert.deepEqual([now.state, now.reason, now.device], [state, reason, device_state], JSON.stringify(answer));
        }
        assert.deepEqual(services[type].faults, []);
      });
    }

    it("what is sent is what was given, by one token for all", async () => {
      const seen = {};
      for (const type of ["apns", "fcm", "webpush"]) {
        const provider = await addProvider(type);
        await api.call("PUT", `/v1/recipients/many-${type}`, { body: {} });
        const before = services[type].requests.length;
        const grants = services.fcm.grants;
        const device = await addDevice(type, `many-${type}`);
        const ids = await Promise.all(Array.from({ length: 50 }, () => send(device, {
          priority: "urgent", collapse_key: "order 7", expires_at: new Date(Date.now() + 3_600_000).toISOString(),
          content: { subject: "Grüße", text: "\"Ünï\" 🎉", url: "https://example.net/o/7", data: { order: 7 } },
        })));
        for (const id of ids) assert.equal((await settled(id)).deliveries[0].state, "sent");
        seen[type] = services[type].requests.slice(before);
        assert.equal(seen[type].length, 50);
        if (type === "fcm") assert.equal(services.fcm.grants, grants + 1);
        await api.delete(`/v1/notification-providers/${provider.id}`);
      }
      assert.equal(new Set(seen.apns.map(({ authorization }) => authorization)).size, 1);
      assert.equal(new Set(seen.apns.map(({ headers }) => headers["apns-id"])).size, 50);
      const [apns] = seen.apns;
      assert.deepEqual(apns.body.aps.alert, { title: "Grüße", body: "\"Ünï\" 🎉" });
      assert.equal(apns.body.order, 7);
      assert.ok(Buffer.byteLength(apns.headers["apns-collapse-id"]) <= 64);
      const [fcm] = seen.fcm;
      assert.deepEqual(fcm.body.notification, { title: "Grüße", body: "\"Ünï\" 🎉" });
      assert.deepEqual(fcm.body.data, { order: "7", url: "https://example.net/o/7" });
      assert.match(fcm.body.android.ttl, /^3[56]\d\ds$/);
      const [web] = seen.webpush;
      assert.deepEqual(web.body, { title: "Grüße", body: "\"Ünï\" 🎉", url: "https://example.net/o/7", tag: "order 7", data: { order: 7 } });
      assert.equal(new Set(seen.webpush.map(({ vapid }) => vapid)).size, 1);
      assert.equal(new Set(seen.webpush.map(({ raw }) => raw.subarray(0, 16).toString("hex"))).size, 50);  // salts
      assert.equal(new Set(seen.webpush.map(({ raw }) => raw.subarray(21, 86).toString("hex"))).size, 50);  // keys
    });

    it("secrets are never shown; web push has the key pair of npm web-push, or makes its own", async () => {
      const given = webpush.generateVAPIDKeys();
      const vapid = { subject: "mailto:push@example.net", public_key: given.publicKey, private_key: given.privateKey };
      for (const [type, more] of [["apns", {}], ["fcm", {}], ["webpush", {}], ["webpush", { vapid }]]) {
        const provider = await addProvider(type, more);
        const text = (await api.get(`/v1/notification-providers/${provider.id}`)).text;
        assert.doesNotMatch(text, /PRIVATE KEY/);
        assert.ok(!text.includes(given.privateKey));
        if (type === "webpush") {
          assert.doesNotMatch(text, /private_key":"[\w-]{43}"/);
          const shown = /"public_key":"([\w-]{87})"/.exec(text)[1];
          if (more.vapid) assert.equal(shown, given.publicKey);
          await api.call("PUT", "/v1/recipients/vapid", { body: {} });
          const device = await addDevice("webpush", "vapid");
          assert.equal((await settled(await send(device))).deliveries[0].state, "sent");
          assert.ok(services.webpush.requests.at(-1).vapid.endsWith(`, k=${shown}`));
        }
        await api.delete(`/v1/notification-providers/${provider.id}`);
      }
      const wrong = { ...vapid, public_key: webpush.generateVAPIDKeys().publicKey };
      const refused = await api.post("/v1/notification-providers", { name: "wrong", channel: "push", type: "webpush", vapid: wrong });
      assert.equal(refused.status, 422, refused.text);
      assert.match(refused.text, /vapid\/public_key/);
    });
  });
}
