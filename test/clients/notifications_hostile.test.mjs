// What people with a key, people with a link and people with nothing may try against notifications, as one table: each is refused with
// the answer that docs/notifications.md names, or does no harm that a mail, a push or a service could show.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kHostile } from "./suites/webhooks_targets.mjs";
import { MailServer } from "./support/mail_server.mjs";
import { eventually } from "./support/process.mjs";
import { Server, Store } from "./support/server.mjs";

const kBreaks = ["x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com", "x\rBcc: eve@example.com", "x\u0000y"];
const kMail = { channel: "email", type: "smtp", name: "relay", host: "127.0.0.1", port: 25, from: "shop@example.com", tls: "none" };
const kSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const kCallbackSecret = "a secret of callbacks";
const kPem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
const kNotification = { to: { email: "ada@example.com" }, content: { text: "x" } };

// [what, method, path, body of the hostile text, status, reasons, any of which is right]
const kInjections = [
  ["subject", "POST", "/v1/notifications", (t) => ({ ...kNotification, content: { subject: t, text: "x" } }), ["control_character"]],
  ["category", "POST", "/v1/notifications", (t) => ({ ...kNotification, category: t }), ["control_character"]],
  ["a rule's category", "POST", "/v1/notification-rules", (t) => ({ name: "r", event_type: "link.created", to: { email: "a@example.com" }, content: { text: "x" }, category: t }), ["control_character"]],
  ["address", "POST", "/v1/notifications", (t) => ({ ...kNotification, to: { email: `ada@example.com${t}` } }), ["email_invalid", "too_long"]],
  ["address as name and address", "POST", "/v1/notifications", (t) => ({ ...kNotification, to: { email: `Ada ${t} <ada@example.com>` } }), ["email_invalid", "too_long"]],
  ["phone", "POST", "/v1/notifications", (t) => ({ ...kNotification, to: { phone: `+43123${t}` } }), ["phone_invalid", "too_long"]],
  ["user_id", "POST", "/v1/notifications", (t) => ({ ...kNotification, to: { user_id: t } }), ["user_id_invalid"]],
  ["device", "POST", "/v1/notifications", (t) => ({ ...kNotification, to: { device: `1${t}`.slice(0, 20) } }), ["device_invalid"]],
  ["a recipient's address", "PUT", "/v1/recipients/eve", (t) => ({ email: `eve@example.com${t}` }), ["email_invalid"]],
  ["a recipient's language", "PUT", "/v1/recipients/eve", (t) => ({ locale: `en${t}` }), ["locale_invalid", "bad_format"]],
  ["a recipient's zone", "PUT", "/v1/recipients/eve", (t) => ({ time_zone: `Europe/Vienna${t}` }), ["zone_unknown", "time_zone_unknown", "bad_format"]],
  ["a provider's name", "POST", "/v1/notification-providers", (t) => ({ ...kMail, name: t }), ["name_invalid"]],
  ["a provider's sender", "POST", "/v1/notification-providers", (t) => ({ ...kMail, from: `shop@example.com${t}` }), ["mail_address"]],
  ["a provider's sender's name", "POST", "/v1/notification-providers", (t) => ({ ...kMail, from_name: t }), ["mail_header"]],
  ["a provider's reply_to", "POST", "/v1/notification-providers", (t) => ({ ...kMail, reply_to: `a@example.com${t}` }), ["mail_address"]],
  ["a provider's host", "POST", "/v1/notification-providers", (t) => ({ ...kMail, host: `127.0.0.1${t}` }), ["host_invalid"]],
  ["a provider's return path", "POST", "/v1/notification-providers", (t) => ({ ...kMail, return_path: `example.com${t}` }), ["domain_invalid"]],
  ["a provider's user", "POST", "/v1/notification-providers", (t) => ({ ...kMail, tls: "starttls", username: t, password: "p" }), ["mail_header"]],
  ["APNs' topic", "POST", "/v1/notification-providers", (t) => ({ channel: "push", type: "apns", name: "a", key: kPem, key_id: "K", team_id: "T", topic: t }), ["provider_settings"]],
  ["Twilio's account", "POST", "/v1/notification-providers", (t) => ({ channel: "sms", type: "twilio", name: "t", account_sid: t, auth_token: "x", from: "+1" }), ["bad_format"]],
  ["a webhook's URL", "POST", "/v1/notification-providers", (t) => ({ channel: "http", type: "http", name: "h", url: `https://example.com/${t}`, secret: kSecret }), ["target_characters"]],
  ["Slack's URL", "POST", "/v1/notification-providers", (t) => ({ channel: "chat", type: "slack", name: "s", url: `https://example.com/${t}` }), ["target_characters"]],
  ["a rule's subject", "POST", "/v1/notification-rules", (t) => ({ name: "r", event_type: "link.created", to: { email: "a@example.com" }, content: { subject: t, text: "x" } }), ["control_character"]],
];

// [what, body of POST /v1/notifications, status, reason]
const kBombs = [
  ["300 brackets inside each other", `{"to":{"email":"a@example.com"},"template":"t","data":{"a":${"[".repeat(300)}${"]".repeat(300)}}}`, "too_deep"],
  ["20,001 values", JSON.stringify({ to: { email: "a@example.com" }, template: "t", data: { a: Array(20_001).fill(1) } }), "too_many_values"],
  ["10,001 users", JSON.stringify({ to: { users: Array.from({ length: 10_001 }, (_, i) => `u${i}`) }, content: { text: "x" } }), "too_many_items"],
  ["seven channels", JSON.stringify({ to: { email: "a@example.com" }, content: { text: "x" }, channels: Array(7).fill("email") }), "too_many_items"],
  ["a key twice", '{"to":{"email":"a@example.com"},"to":{"email":"b@example.com"},"content":{"text":"x"}}', "duplicate_key"],
  ["70,000 bytes of data", JSON.stringify({ to: { email: "a@example.com" }, template: "bomb", data: { a: "x".repeat(70_000) } }), "data_too_large"],
  ["a text of 100,001 characters", JSON.stringify({ ...kNotification, content: { text: "x".repeat(100_001) } }), "too_long"],
  ["a NUL", '{"to":{"email":"a@example.com"},"content":{"text":"a\\u0000b"}}', "nul_character"],
  ["half of a surrogate pair", '{"to":{"email":"a@example.com"},"content":{"text":"a\\ud800b"}}', "invalid_json"],
  ["2,200,000 bytes", JSON.stringify({ ...kNotification, content: { text: "x", html: "y".repeat(2_200_000) } }), "body_too_large"],
];

const reasonsOf = (answer) => [answer.json.reason, ...(answer.json.errors ?? []).map(({ reason }) => reason)];

describe("hostile notifications", { timeout: 240_000 }, () => {
  let server, api;
  before(async () => {
    server = await Server.start({ sets: { "notifications.catcher": "off", "notifications.private_providers": "off" } });
    api = server.client(server.key);
    const made = await api.post("/v1/notification-providers", { ...kMail, host: "mx.example.com", callback_secret: kCallbackSecret });
    assert.equal(made.status, 201, made.text);
  });
  after(async () => {
    await server?.stop();
  });
  const headOf = (mail) => mail.raw.toString("latin1").split("\r\n\r\n")[0];

  test(`${kInjections.length} fields × ${kBreaks.length} line breaks and NULs: refused, with the reason`, async () => {
    const wrong = [];
    for (const [what, method, path, body, reasons] of kInjections) {
      for (const text of kBreaks) {
        const answer = await api.call(method, path, { body: body(text) });
        const right = text.includes("\0") ? [...reasons, "nul_character"] : reasons;
        const fine = (answer.status === 422 || (answer.status === 400 && text.includes("\0"))) && reasonsOf(answer).some((reason) => right.includes(reason));
        if (!fine) wrong.push(`${what} ${JSON.stringify(text)}: ${answer.status} ${answer.text.slice(0, 300)}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.equal((await api.get("/v1/notification-providers")).json.data.length, 1);
  });

  test("what may hold line breaks begins no header: keys, and the data of a template", async (t) => {
    const double = await new MailServer().listen();
    t.after(() => double.close());
    const lenient = await Server.start({ sets: { "notifications.private_providers": "on" } });
    t.after(() => lenient.stop());
    const api = lenient.client(lenient.key);
    const arrived = (address) => eventually(`a mail to ${address}`, () => double.to(address)[0], 30_000);
    assert.equal((await api.post("/v1/notification-providers", { ...kMail, port: double.port })).status, 201);
    const put = async (path, body) => {
      const answer = await api.call("PUT", path, { body });
      assert.equal(Math.trunc(answer.status / 100), 2, `${path}: ${answer.text}`);
    };
    await put("/v1/notification-templates/hello", { fields: { name: { type: "string" } },
      locales: { en: { email: { subject: "Hi {name}", text: "Hello {name}", html: "<p title=\"{name}\">{name}</p>" } } } });
    const text = 'Eve\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>"';
    const named = await api.call("PUT", "/v1/recipients/named", { body: { email: "named@example.com", name: text } });
    const sent = [{ to: { email: "bare@example.com" } }, ...(named.status < 300 ? [{ to: { user_id: "named" } }] : [])];
    for (const to of sent) {
      const answer = await api.post("/v1/notifications", { ...to, template: "hello", data: { name: text }, dedupe_key: `k\r\nX-Evil: ${JSON.stringify(to)}`,
        collapse_key: "c\r\nX-Evil: 1" });
      assert.equal(answer.status, 202, answer.text);
      const mail = await arrived(to.to.email ?? "named@example.com");
      assert.doesNotMatch(headOf(mail), /^(bcc|x-evil):/im, headOf(mail));
      assert.equal(headOf(mail).match(/^subject:/gim).length, 1);
      assert.ok(!mail.raw.toString().split("Content-Type: text/html")[1].includes("<script>"), "HTML is escaped");
    }
    if (named.status >= 300) assert.ok(reasonsOf(named).includes("name_invalid"), named.text);
  });

  test(`${kBombs.length} bodies too deep, too many, too large: refused, and the server is as quick as before`, async () => {
    const wrong = [];
    for (const [what, body, reason] of kBombs) {
      const answer = await api.call("POST", "/v1/notifications", { body });
      if (![400, 413, 422].includes(answer.status) || !reasonsOf(answer).includes(reason)) wrong.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    assert.deepEqual(wrong, []);
  });

  test("template bombs: loops in loops are cut, deep ones are no templates", async () => {
    const nested = (depth) => (depth === 0 ? "x" : `{a, list, {${nested(depth - 1)}}}`);
    const deep = await api.call("PUT", "/v1/notification-templates/deep", { body: { fields: { a: { type: "list", items: { type: "string" } } },
      locales: { en: { short: nested(20) } } } });
    assert.equal(deep.status, 422, deep.text);
    assert.equal(deep.json.reason, "template_invalid", deep.text);
    const item = { type: "list", items: { type: "list", items: { type: "string" } } };
    const bomb = await api.call("PUT", "/v1/notification-templates/bomb", { body: { fields: { a: { type: "list", items: item.items }, b: { type: "list", items: { type: "string" } } },
      locales: { en: { email: { subject: "bomb", text: "{b, list, {{b, list, {{b, list, {0123456789}}}}}}" } } } } });
    assert.equal(bomb.status, 200, bomb.text);
    const began = performance.now();
    const sent = await api.post("/v1/notifications", { to: { email: "bomb@example.com" }, template: "bomb", data: { b: Array(1000).fill("x") } });
    assert.equal(sent.status, 202, sent.text);
    const story = await eventually("it has ended", async () => {
      const n = (await api.get(`/v1/notifications/${sent.json.id}`)).json;
      return ["failed", "sent"].includes(n.state) ? n : null;
    }, 20_000);
    assert.equal(story.state, "failed", "a thousand millions of characters");
    assert.ok(performance.now() - began < 20_000);
    const preview = await api.post("/v1/notification-templates/bomb/preview", { data: { b: Array(1000).fill("x") } });
    assert.equal(preview.status, 422, preview.text.slice(0, 300));
    for (const text of ["{name", "{name, plural, one {x}}", "{constructor.constructor('return 1')()}", "{name, date, ::".padEnd(300_000, "y")]) {
      const refused = await api.call("PUT", "/v1/notification-templates/bad", { body: { fields: { name: { type: "string" } }, locales: { en: { short: text } } } });
      assert.ok(refused.status === 422 || refused.status === 413, `${text.slice(0, 50)}: ${refused.text.slice(0, 200)}`);
    }
  });

  test(`${kHostile.length} hostile URLs × webhook, Slack, a service's host, a browser's endpoint: refused when they are given`, async () => {
    const wrong = [];
    const keys = { p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", auth: "BTBZMqHH6r4Tts7J_aSIgg" };
    const doors = [
      ["http", (url) => ["/v1/notification-providers", { channel: "http", type: "http", name: "h", url, secret: kSecret }]],
      ["slack", (url) => ["/v1/notification-providers", { channel: "chat", type: "slack", name: "s", url }]],
      ["twilio", (url) => ["/v1/notification-providers", { channel: "sms", type: "twilio", name: "t", account_sid: "AC1", auth_token: "t", from: "+1", host: url.replace(/(\/\/[^/]+)\/.*$/, "$1") }]],
      ["webpush", (url) => ["/v1/recipients/eve/devices", { platform: "webpush", subscription: { endpoint: url.replace(/^http:/, "https:"), keys } }]],
    ];
    assert.equal((await api.call("PUT", "/v1/recipients/eve", { body: {} })).status, 200);
    for (const [door, make] of doors) {
      for (const [template, reason] of kHostile) {
        const url = template.replace("PORT", "8080");
        const [path, body] = make(url);
        const answer = await api.post(path, body);
        const known = answer.status === 422 && reasonsOf(answer).some((found) => found.startsWith("target_") || found === "origin_malformed");
        const exact = reasonsOf(answer).includes(reason) || door === "twilio" || door === "webpush";
        if (!known || !exact) wrong.push(`${door} ${url}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    }
    for (const host of ["127.0.0.1", "127.1", "::1", "localhost", "relay", "10.0.0.7", "169.254.169.254", "mx.internal"]) {
      const answer = await api.post("/v1/notification-providers", { ...kMail, host, name: "m" });
      if (answer.status !== 422 || !reasonsOf(answer).some((reason) => reason === "target_forbidden" || reason === "host_invalid")) wrong.push(`smtp ${host}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal((await api.get("/v1/notification-providers")).json.data.length, 1);
    assert.equal((await api.get("/v1/recipients/eve/devices")).json.data.length, 0);
  });

  test("links of the hosted page: forged, altered and another user's open nothing; a GET changes nothing", async () => {
    for (const user of ["mia", "zoe"]) assert.equal((await api.call("PUT", `/v1/recipients/${user}`, { body: { email: `${user}@example.com` } })).status, 200);
    const link = async (user) => new URL((await api.post(`/v1/recipients/${user}/preferences-link`)).json.url).pathname;
    const [mia, zoe] = [await link("mia"), await link("zoe")];
    const [plain, tag] = mia.slice("/n/".length).split(".");
    const altered = Buffer.from(Buffer.from(plain, "base64url").toString().replace("mia", "zoe")).toString("base64url");
    const forms = { headers: { "Content-Type": "application/x-www-form-urlencoded" }, key: null };
    for (const token of [`${altered}.${tag}`, `${plain}.${zoe.split(".")[1]}`, `${plain}.`, plain, `${plain}.${tag}x`, "x", "A".repeat(5_000), "%00", ".."]) {
      for (const end of ["", "/unsubscribe"]) {
        for (const method of ["GET", "POST"]) {
          const answer = await api.call(method, `/n/${token}${end}`, { ...forms, body: method === "POST" ? (end ? "List-Unsubscribe=One-Click" : "decision=none") : undefined });
          assert.ok([400, 404, 405, 414].includes(answer.status), `${method} /n/${token.slice(0, 40)}${end}: ${answer.status}`);
          assert.ok(!answer.text.includes("zoe@"), answer.text);
        }
      }
    }
    const wishes = async (user) => JSON.stringify((await api.get(`/v1/recipients/${user}`)).json.preferences);
    const before = [await wishes("mia"), await wishes("zoe")];
    assert.equal((await api.get(`${mia}/unsubscribe`, { key: null })).status < 500, true);
    assert.equal((await api.get(mia, { key: null })).status, 200);
    assert.deepEqual([await wishes("mia"), await wishes("zoe")], before);
    const inboxes = (await api.post("/v1/recipients/mia/inbox-tokens", {})).json.token;
    assert.equal((await api.get(`/n/${inboxes.slice(3)}`, { key: null })).status, 404, "an inbox token is no link");
    assert.equal((await api.get("/v1/inbox", { key: `it_${mia.slice(3)}` })).json.reason, "invalid_inbox_token", "a link is no inbox token");
  });

  test("callbacks to nobody, with a guessed token, of a type that has none, and huge ones", async () => {
    const [relay] = (await api.get("/v1/notification-providers")).json.data;
    const path = new URL(relay.callback_url).pathname;
    const post = (to, body, type = "message/rfc822", more = {}) => api.call("POST", to, { key: null, body, headers: { "Content-Type": type, ...more } });
    const signature = (body) => ({ "Ashlar-Signature": createHmac("sha256", kCallbackSecret).update(body).digest("hex") });
    const nobody = await post("/v1/notification-callbacks/987654321/AAAAAAAAAAAAAAAAAAAAAAAA", "x");
    const guessed = await post(`/v1/notification-callbacks/${relay.id}/AAAAAAAAAAAAAAAAAAAAAAAA`, "x");
    assert.deepEqual([nobody.status, nobody.json.reason], [403, "callback_refused"], nobody.text);
    assert.deepEqual([guessed.status, guessed.json.reason, guessed.json.detail], [403, "callback_refused", nobody.json.detail], "one answer for both");
    assert.equal((await post(path, "{}", "application/json", signature("{}"))).json.reason, "callback_malformed");
    assert.equal((await post(path, "{}", "application/json", signature("x"))).json.reason, "callback_signature");
    assert.equal((await post(path, "x")).json.reason, "callback_signature");
    const open = await api.post("/v1/notification-providers", { ...kMail, host: "mx.example.com", name: "without a secret" });
    const unsigned = await post(new URL(open.json.callback_url).pathname, "x");
    assert.deepEqual([unsigned.status, unsigned.json.reason], [403, "callback_signature"], "what nobody can sign is not taken");
    assert.equal((await api.delete(`/v1/notification-providers/${open.json.id}`)).status, 204);
    assert.ok([413, 400].includes((await post(path, "x".repeat(3_000_000))).status));
    const service = await api.post("/v1/notification-providers", { channel: "http", type: "http", name: "own", url: "https://example.com/hook", secret: kSecret });
    assert.equal(service.json.callback_url, null, service.text);
    assert.equal((await api.delete(`/v1/notification-providers/${service.json.id}`)).status, 204);
  });
});

// The name's address changes after it was given, as its owner's name server may decide at any moment.
const mountable = spawnSync("unshare", ["-m", "true"]).status === 0;
const skip = mountable ? false : "mount namespaces are not allowed here: the rebinding name is NOT tested against a running server";
test("a name that was bound anew to loopback is not called, by webhook or Slack", { skip, timeout: 120_000 }, async () => {
  const store = new Store("sqlite");
  const hosts = join(store.folder, "hosts");
  const bind = (address) => writeFileSync(hosts, `127.0.0.1 localhost\n${address} rebound.example.com\n`);
  const wrap = ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts && exec "$0" "$@"`];
  const got = [];
  const receiver = http.createServer((request, response) => (got.push(request.url), response.end("{}")));
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const origin = `http://rebound.example.com:${receiver.address().port}`;
  const deliver = async (server, channel) => {
    const api = server.client(server.newKey("demo", "notifications:read", "notifications:write"));
    const sent = await api.post("/v1/notifications", { to: { user_id: "u" }, channels: [channel], content: { text: "x" } });
    assert.equal(sent.status, 202, sent.text);
    return eventually("it has ended", async () => {
      const n = (await api.get(`/v1/notifications/${sent.json.id}`)).json;
      return ["sent", "failed"].includes(n.state) ? n : null;
    }, 30_000);
  };
  const started = (value) => Server.start({ store, wrap, sets: { "notifications.catcher": "off", "notifications.private_providers": value } });
  try {
    bind("203.0.113.7");
    let server = await started("off");
    try {
      assert.equal((await server.api.call("PUT", "/v1/recipients/u", { body: {} })).status, 200);
      for (const body of [{ channel: "http", type: "http", name: "h", url: `${origin}/hook`, secret: kSecret }, { channel: "chat", type: "slack", name: "s", url: `${origin}/slack` }]) {
        const made = await server.api.post("/v1/notification-providers", body);
        assert.equal(made.status, 201, made.text);
      }
      bind("127.0.0.1");
      for (const channel of ["http", "chat"]) {
        const refused = await deliver(server, channel);
        assert.equal(refused.state, "failed");
        assert.equal(refused.timeline.find(({ event }) => event.startsWith("attempt.")).code, "address_forbidden", JSON.stringify(refused.timeline));
      }
      assert.deepEqual(got, []);
    } finally {
      await server.stop();
    }
    // That the name did lead to the receiver: who may, reaches it.
    server = await started("on");
    try {
      assert.equal((await deliver(server, "http")).state, "sent");
      assert.deepEqual(got, ["/hook"]);
    } finally {
      await server.stop();
    }
  } finally {
    receiver.close();
    store.remove();
  }
});
