// Every answer of Twilio, a Slack-style webhook and a service of one's own, and what follows from it: one double that answers as it
// is told, a tenant for each answer, so that a breaker that one opens holds up no other. (Push: suites/push_services.mjs; mail:
// notifications_mail.test.mjs.)
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import aws4 from "aws4";
import { Webhook } from "standardwebhooks";
import twilio from "twilio";
import { eventually } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const json = (status, body, headers = {}) => ({ status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
const plain = (status, body, headers = {}) => ({ status, headers, body });
const code = (status, number, headers) => json(status, { code: number, message: "as told", status }, headers);

// answer; verdict of the attempt; state; whether the address is suppressed. No answer: the connection is cut after the request.
const kTwilio = [
  [json(201, { sid: "SM1", status: "queued" }), "accepted", "sent"],
  [json(200, { no: "sid" }), "ambiguous", "accepted"],
  [code(400, 21211), "suppress", "failed", true],
  [code(400, 21214), "suppress", "failed", true],
  [code(400, 21217), "suppress", "failed", true],
  [code(400, 21610), "suppress", "failed", true],
  [code(400, 21614), "suppress", "failed", true],
  [code(400, 21408), "refused", "failed"],
  [code(400, 21612), "refused", "failed"],
  [code(400, 30007), "refused", "failed"],
  [code(400, 21602), "our_bug", "failed"],
  [code(400, 21605), "our_bug", "failed"],
  [code(400, 21617), "our_bug", "failed"],
  [code(400, 99999), "our_bug", "failed"],
  [code(400, 21606), "credential", "accepted"],
  [code(400, 21603), "credential", "accepted"],
  [code(401, 20003), "credential", "accepted"],
  [code(403, 20005), "credential", "accepted"],
  [code(429, 20429, { "Retry-After": "30" }), "throttled", "accepted"],
  [code(400, 14107), "throttled", "accepted"],
  [code(400, 21611), "throttled", "accepted"],
  [plain(503, "busy"), "retry", "accepted"],
  [plain(500, "<html>"), "ambiguous", "accepted"],
  [plain(502, "<html>"), "ambiguous", "accepted"],
  [plain(302, "", { Location: "http://127.0.0.1:1/" }), "ambiguous", "accepted"],
  [null, "ambiguous", "accepted"],
];
const kSlack = [
  [plain(200, "ok"), "accepted", "sent"],
  [plain(400, "invalid_payload"), "our_bug", "failed"],
  [plain(400, "no_text"), "our_bug", "failed"],
  [plain(401, "invalid_token"), "credential", "accepted"],
  [plain(403, "action_prohibited"), "credential", "accepted"],
  [plain(404, "no_service"), "credential", "accepted"],
  [plain(410, "channel_is_archived"), "credential", "accepted"],
  [plain(429, "rate_limited", { "Retry-After": "30" }), "throttled", "accepted"],
  [plain(500, "rollup_error"), "ambiguous", "accepted"],
  [plain(503, "service_unavailable"), "retry", "accepted"],
  [plain(301, "", { Location: "http://127.0.0.1:1/" }), "ambiguous", "accepted"],
  [null, "ambiguous", "accepted"],
];
const typed = (status, type, headers = {}) => json(status, { message: "as told" }, { "x-amzn-ErrorType": type, ...headers });
const kSes = [
  [json(200, { MessageId: "0100-1" }), "accepted", "sent"],
  [json(200, {}), "ambiguous", "accepted"],
  [typed(400, "BadRequestException"), "our_bug", "failed"],
  [typed(400, "MessageRejected"), "refused", "failed"],
  [typed(400, "MailFromDomainNotVerifiedException"), "credential", "accepted"],
  [typed(400, "AccountSuspendedException"), "credential", "accepted"],
  [typed(400, "SendingPausedException"), "credential", "accepted"],
  [typed(403, "SignatureDoesNotMatch"), "credential", "accepted"],
  [typed(403, "UnrecognizedClientException"), "credential", "accepted"],
  [typed(404, "NotFoundException"), "credential", "accepted"],
  [typed(429, "TooManyRequestsException", { "Retry-After": "30" }), "throttled", "accepted"],
  [typed(400, "LimitExceededException"), "throttled", "accepted"],
  [typed(500, "InternalFailure"), "ambiguous", "accepted"],
  [plain(502, "<html>"), "ambiguous", "accepted"],
  [plain(503, "busy"), "retry", "accepted"],
  [plain(302, "", { Location: "http://127.0.0.1:1/" }), "ambiguous", "accepted"],
  [null, "ambiguous", "accepted"],
];
const kHttp = [
  [json(200, { ref: "r-1" }), "accepted", "sent"],
  [plain(204, ""), "accepted", "sent"],
  [plain(400, "bad"), "our_bug", "failed"],
  [plain(405, ""), "our_bug", "failed"],
  [plain(413, ""), "our_bug", "failed"],
  [plain(422, "no"), "refused", "failed"],
  [plain(410, ""), "credential", "accepted"],
  [plain(401, ""), "credential", "accepted"],
  [plain(403, ""), "credential", "accepted"],
  [plain(404, ""), "credential", "accepted"],
  [plain(429, "", { "Retry-After": new Date(Date.now() + 60_000).toUTCString() }), "throttled", "accepted"],
  [plain(503, ""), "throttled", "accepted"],
  [plain(502, ""), "throttled", "accepted"],
  [plain(504, ""), "throttled", "accepted"],
  [plain(500, ""), "ambiguous", "accepted"],
  [plain(307, "", { Location: "http://127.0.0.1:1/" }), "our_bug", "failed"],
  [null, "ambiguous", "accepted"],
];

describe("answers of Twilio, Slack, SES and one's own service", { timeout: 240_000 }, () => {
  let server, double, origin;
  const answers = new Map();  // the first part of a path: its answer
  const requests = new Map();
  before(async () => {
    double = http.createServer((request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const parts = request.url.split("/");
        const account = request.headers.authorization?.match(/Credential=ses(\d+)\//)?.[1];
        const name = account ? `ses-${account}` : parts[2] === "Accounts" ? parts[3] : parts[1];
        const of = requests.get(name) ?? [];
        requests.set(name, [...of, { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }]);
        const answer = answers.get(name);
        if (!answer) return request.socket.destroy();
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
    await new Promise((done) => double.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${double.address().port}`;
    server = await Server.start({ sets: { "notifications.catcher": "off" } });
  });
  after(async () => {
    await server?.stop();
    double?.closeAllConnections();
    double?.close();
  });

  // A tenant whose provider gets this answer, and what became of its message.
  async function told(name, answer, provider, to, channel) {
    answers.set(name, answer);
    server.newTenant(name);
    const api = server.client(server.newKey(name, "notifications:write", "notifications:read"));
    const made = await api.post("/v1/notification-providers", provider(name));
    assert.equal(made.status, 201, made.text);
    if (to.user_id) assert.equal((await api.call("PUT", `/v1/recipients/${to.user_id}`, { body: {} })).status, 200);
    const sent = await api.post("/v1/notifications", { to, channels: [channel], content: { subject: "s", text: "hello" } });
    assert.equal(sent.status, 202, sent.text);
    const story = await eventually(`${name}: an attempt`, async () => {
      const n = (await api.get(`/v1/notifications/${sent.json.id}`)).json;
      return n.timeline.some(({ event }) => event.startsWith("attempt.")) ? n : null;
    }, 30_000);
    const verdict = story.timeline.find(({ event }) => event.startsWith("attempt.")).event.slice("attempt.".length);
    return { api, verdict, story, provider: made.json };
  }

  async function table(kind, rows, provider, to, channel) {
    const wrong = [];
    let at = 0;
    for (const [answer, verdict, state, suppressed = false] of rows) {
      const name = `${kind}-${++at}`;
      const what = answer ? `${answer.status} ${answer.body.slice(0, 40)}` : "no answer";
      const got = await told(name, answer, provider, to, channel);
      const kept = to.phone && (await got.api.get(`/v1/notification-suppressions?channel=sms&address=${encodeURIComponent(to.phone)}`)).json.data.length > 0;
      const seen = [got.verdict, got.story.state === "unknown" ? "accepted" : got.story.state, kept || false];
      try {
        assert.deepEqual(seen, [verdict, state, suppressed]);
      } catch {
        wrong.push(`${kind} ${what}: ${seen}, not ${[verdict, state, suppressed]}`);
      }
      got.api.close();
    }
    assert.deepEqual(wrong, []);
    return at;
  }

  test("Twilio", async () => {
    await table("twilio", kTwilio, (name) => ({ channel: "sms", type: "twilio", name, account_sid: name, auth_token: "tok",
      from: "+15005550006", host: origin }), { phone: "+15005550001" }, "sms");
  });

  test("Slack", async () => {
    await table("slack", kSlack, (name) => ({ channel: "chat", type: "slack", name, url: `${origin}/${name}/services/T/B/x` }), { user_id: "u" }, "chat");
  });

  test("a service of one's own: every answer, each request signed after Standard Webhooks", async () => {
    await table("http", kHttp, (name) => ({ channel: "http", type: "http", name, url: `${origin}/${name}/hook`, secret: kSecret }), { user_id: "u" }, "http");
    for (const [name, all] of requests) {
      if (!name.startsWith("http-")) continue;
      for (const { headers, body } of all) new Webhook(kSecret).verify(body, headers);
      assert.equal(new Set(all.map(({ headers }) => headers["webhook-id"])).size, 1, "another id at another attempt");
    }
  });

  test("SES: every answer, each request signed as aws4 signs it, the mail whole", async () => {
    const secret = (name) => `secret of ${name}`;
    await table("ses", kSes, (name) => ({ channel: "email", type: "ses", name, region: "eu-west-1", access_key_id: name.replace("-", ""), secret_access_key: secret(name),
      session_token: "token/+=", from: "shop@example.com", from_name: "Der Größte", configuration_set: "news", host: origin }), { email: "ada@example.com" }, "email");
    for (const [name, all] of requests) {
      if (!name.startsWith("ses-")) continue;
      for (const { headers, body, url } of all) {
        const request = { service: "ses", region: "eu-west-1", method: "POST", host: headers.host, path: url, body, extraHeadersToIgnore: { "content-length": true },
          headers: { "Content-Type": headers["content-type"], "X-Amz-Date": headers["x-amz-date"], Host: headers.host } };
        aws4.sign(request, { accessKeyId: name.replace("-", ""), secretAccessKey: secret(name), sessionToken: "token/+=" });
        const signature = (text) => text.match(/Signature=(\w+)/)[1];
        const names = (text) => text.match(/SignedHeaders=([^,]+)/)[1];
        assert.equal(headers["x-amz-security-token"], "token/+=");
        assert.equal(names(headers.authorization), names(request.headers.Authorization));
        assert.equal(signature(headers.authorization), signature(request.headers.Authorization));
        const given = JSON.parse(body);
        const mail = Buffer.from(given.Content.Raw.Data, "base64").toString();
        assert.deepEqual([given.FromEmailAddress, given.Destination.ToAddresses, given.ConfigurationSetName], ["shop@example.com", ["ada@example.com"], "news"]);
        for (const part of [/^Subject: s\r\n/m, /^From: =\?UTF-8\?.*<shop@example.com>\r\n/im, /^To: .*ada@example.com/m, /\r\n\r\nhello\r\n$/]) assert.match(mail, part);
        assert.match(given.EmailTags[0].Value, /^n\d+$/);
      }
    }
    const shown = (await server.client(server.newKey("ses-1", "notifications:read")).get("/v1/notification-providers")).text;
    assert.ok(!shown.includes("secret of") && !shown.includes("token/"), shown);
  });

  test("a redirect is followed by none of them", async () => {
    const paths = (name) => (name.startsWith("ses") ? ["/v2/email/outbound-emails"] : name.startsWith("twilio") ? [`/2010-04-01/Accounts/${name}/Messages.json`] : [`/${name}/hook`, `/${name}/services/T/B/x`]);
    assert.ok(requests.size >= kTwilio.length + kSlack.length + kHttp.length);
    for (const [name, all] of requests) for (const { url } of all) assert.ok(paths(name).includes(url), url);
  });

  test("Twilio's callbacks: signed ones count, in any order; forged, altered, replayed and another's do not", async () => {
    const api = server.client(server.newKey("twilio-1", "notifications:write", "notifications:read"));
    const [provider] = (await api.get("/v1/notification-providers")).json.data;
    const [sent] = (await api.get("/v1/notifications")).json.data;
    const url = new URL(provider.callback_url);
    const post = async (parameters, { token = "tok", path = url.pathname, sign = provider.callback_url, signature } = {}) => {
      const body = new URLSearchParams(parameters).toString();
      return api.call("POST", path, { key: null, body, headers: { "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature ?? twilio.getExpectedTwilioSignature(token, sign, parameters) } });
    };
    const state = async () => (await api.get(`/v1/notifications/${sent.id}`)).json;
    const status = (name, more = {}) => ({ MessageSid: "SM1", MessageStatus: name, AccountSid: "twilio-1", ...more });
    assert.equal((await post(status("delivered"), { token: "guess" })).status, 403);
    assert.equal((await post(status("delivered"), { signature: "" })).status, 403);
    assert.equal((await post(status("delivered"), { sign: `${provider.callback_url}?x=1` })).status, 403);
    assert.equal((await post(status("delivered"), { path: url.pathname.replace(/.$/, (c) => (c === "A" ? "B" : "A")) })).status, 403);
    assert.equal((await state()).state, "sent");
    assert.equal((await post({ MessageSid: "SM404", MessageStatus: "delivered" })).status, 200, "of no message of ours: taken, and nothing happens");
    assert.equal((await state()).state, "sent");
    assert.equal((await post(status("delivered", { NewParameter: "tomorrow's" }))).status, 200);
    assert.equal((await state()).state, "delivered");
    assert.equal((await post(status("delivered", { NewParameter: "tomorrow's" }))).status, 200, "a replay is taken");
    assert.equal((await post(status("sent"))).status, 200);
    assert.equal((await post(status("failed"))).status, 200);
    const after = await state();
    assert.equal(after.state, "delivered", "it never goes back");
    assert.equal(after.timeline.filter(({ event }) => event === "delivered").length, 1, "a replay is no second delivery");
    assert.equal((await post({ MessageSid: "SM9", From: "+15005550009", Body: "STOP" })).status, 200);
    const stopped = async () => (await api.get(`/v1/notification-suppressions?channel=sms&address=${encodeURIComponent("+15005550009")}`)).json.data.length;
    assert.equal(await stopped(), 1);
    assert.equal((await post({ MessageSid: "SM10", From: "+15005550009", Body: "START" })).status, 200);
    assert.equal(await stopped(), 0);
    const replay = await post({ MessageSid: "SM9", From: "+15005550009", Body: "STOP" });
    assert.deepEqual([replay.status, await stopped()], [200, 0], "a replayed STOP stops nobody");
  });

  test("Twilio is told which message it is, and a receipt counts before its MessageSid is known", async () => {
    const { api, story, provider } = await told("twilio-m", json(201, { sid: "SM1", status: "queued" }), (name) => ({ channel: "sms", type: "twilio", name,
      account_sid: name, auth_token: "tok", from: "+15005550006", host: origin, status_callback: `${origin}/front?own=1` }), { phone: "+15005550001" }, "sms");
    const callback = new URL(new URLSearchParams(requests.get("twilio-m")[0].body).get("StatusCallback"));
    assert.equal(`${callback.origin}${callback.pathname}`, `${origin}/front`);
    assert.equal(callback.searchParams.get("own"), "1");
    const m = callback.searchParams.get("m");
    assert.match(m, /^n[0-9]+$/);
    const parameters = { MessageSid: "SM-not-known", MessageStatus: "delivered" };
    const url = `${provider.callback_url}?m=${m}`;
    const post = (signed) => api.call("POST", `${new URL(url).pathname}?m=${m}`, { key: null, body: new URLSearchParams(parameters).toString(),
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": twilio.getExpectedTwilioSignature("tok", signed, parameters) } });
    assert.equal((await post(provider.callback_url)).status, 403, "who it is for is not signed");
    assert.equal((await post(url)).status, 200);
    assert.equal((await api.get(`/v1/notifications/${story.id}`)).json.state, "delivered");
    api.close();
  });
});
