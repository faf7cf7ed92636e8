// Mail as the world sees it: npm smtp-server with scripted answers on the other side, npm mailauth for the signatures; and the table of
// what each answer of a mail server comes to.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { authenticate } from "mailauth";
import { MailServer } from "./support/mail_server.mjs";
import { eventually, removeFolder, temporaryFolder } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

let server;
const doubles = [];
const folders = [];

before(async () => {
  server = await Server.start({ sets: { "notifications.catcher": "off" } });
});
after(async () => {
  await server?.stop();
  for (const double of doubles) await double.close();
  for (const folder of folders) removeFolder(folder);
});

// A tenant with one mail server of its own: what one test does to its provider hurts no other.
async function mailTenant(name, script = {}, settings = {}, options = {}) {
  server.newTenant(name);
  const api = server.client(server.newKey(name, "notifications:write", "notifications:read"));
  const double = await new MailServer(script, options).listen();
  doubles.push(double);
  const provider = await addProvider(api, { port: double.port, ...settings });
  return { api, double, provider };
}
async function addProvider(api, settings, status = 201) {
  const answer = await api.post("/v1/notification-providers", { channel: "email", type: "smtp", name: "relay", host: "127.0.0.1",
    from: "shop@example.com", from_name: "The Shop", tls: "none", ...settings });
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}
async function send(api, email, more = {}) {
  const answer = await api.post("/v1/notifications",
    { to: { email }, content: { subject: "Your order", text: "It is on its way.", ...more.content }, ...more.call });
  assert.equal(answer.status, 202, answer.text);
  return answer.json.id;
}
const get = async (api, id) => (await api.get(`/v1/notifications/${id}`)).json;
const attempts = (n) => n.timeline.filter((moment) => moment.event.startsWith("attempt."));
const attempted = (api, id, count = 1) => eventually(`attempt ${count} of ${id}`, async () => {
  const n = await get(api, id);
  return attempts(n).length >= count ? n : null;
}, 30_000);
const suppressed = async (api, address) =>
  (await api.get(`/v1/notification-suppressions?channel=email&address=${encodeURIComponent(address)}`)).json.data.length > 0;

// Every row of the facts on SMTP, and some between: what the server says, what that means, whether the address is suppressed.
const kAnswers = [
  // at          said                                    verdict       state       suppressed
  ["rcpt", "450 4.2.1 mailbox busy",                     "retry",      "accepted", false],
  ["rcpt", "451 local error",                            "retry",      "accepted", false],
  ["rcpt", "452 4.2.2 mailbox full",                     "retry",      "accepted", false],
  ["rcpt", "552 5.2.2 mailbox full",                     "retry",      "accepted", false],
  ["rcpt", "421 4.7.0 slow down",                        "throttled",  "accepted", false],
  ["rcpt", "451 4.7.1 greylisted, come again",           "throttled",  "accepted", false],
  ["end",  "421 4.7.28 unusual rate",                    "throttled",  "accepted", false],
  ["rcpt", "550 5.1.1 no such user",                     "suppress",   "failed",   true],
  ["rcpt", "550 5.1.2 no such domain",                   "suppress",   "failed",   true],
  ["rcpt", "550 5.1.10 null MX",                         "suppress",   "failed",   true],
  ["rcpt", "556 domain takes no mail",                   "suppress",   "failed",   true],
  ["rcpt", "550 5.2.1 mailbox disabled",                 "suppress",   "failed",   true],
  ["end",  "550 5.1.1 no such user",                     "suppress",   "failed",   true],
  ["rcpt", "553 5.1.7 bad sender address",               "our_bug",    "failed",   false],
  ["rcpt", "550 5.1.8 sender domain does not exist",     "our_bug",    "failed",   false],
  ["rcpt", "550 5.7.1 blocked by policy",                "refused",    "failed",   false],
  ["end",  "550 5.7.26 unauthenticated mail",            "refused",    "failed",   false],
  ["end",  "554 looks like spam",                        "refused",    "failed",   false],
  ["rcpt", "550 says no more",                           "refused",    "failed",   false],
  ["end",  "552 5.3.4 too large",                        "our_bug",    "failed",   false],
  ["end",  "552 too large",                              "our_bug",    "failed",   false],
  ["end",  "554 5.6.0 bad content",                      "our_bug",    "failed",   false],
  ["rcpt", "501 5.5.4 bad arguments",                    "our_bug",    "failed",   false],
  ["rcpt", "503 5.5.1 sender already specified",         "retry",      "accepted", false],
  ["rcpt", "close",                                      "retry",      "accepted", false],
  ["end",  "close",                                      "ambiguous",  null,       false],
];

test("what each answer of a mail server comes to", async (t) => {
  // The recipient's domain is the row's: what throttles one domain holds no other back.
  const row = (address) => kAnswers[Number(/^row-(\d+)\./.exec(address.split("@")[1])[1])];
  const at = (place) => (address) => (row(address)[0] === place ? row(address)[1] : undefined);
  const { api } = await mailTenant("answers", { rcpt: at("rcpt"), end: ({ to }) => at("end")(to) });
  const address = (i) => `anna@row-${i}.example`;
  const ids = await Promise.all(kAnswers.map((_, i) => send(api, address(i))));
  for (const [i, [place, said, verdict, state, isSuppressed]] of kAnswers.entries()) {
    await t.test(`${place}: ${said}`, async () => {
      const n = await attempted(api, ids[i]);
      const first = attempts(n)[0];
      assert.equal(first.event, `attempt.${verdict}`, JSON.stringify(first));
      if (state) assert.equal(n.state, state);
      if (said !== "close") {
        assert.equal(first.status, Number(said.slice(0, 3)));
        assert.equal(first.code, /^\d+ (\d\.\d+\.\d+)/.exec(said)?.[1] ?? null);
        assert.ok(first.detail.includes(said.slice(4)), first.detail);
      }
      assert.equal(await suppressed(api, address(i)), isSuppressed);
    });
  }
});

// Said of us, not of a reader: nothing of this provider gets through, whoever it is for.
for (const [place, said, verdict] of [
  ["connect", "554 5.7.1 not from your network", "credential"], ["connect", "421 4.3.2 too busy", "throttled"],
  ["mail", "530 5.7.0 authenticate first", "credential"], ["mail", "550 5.7.1 you may not send", "refused"],
  ["mail", "452 4.3.1 disk full", "retry"], ["mail", "553 5.1.8 bad sender", "our_bug"], ["mail", "421 4.7.0 too fast", "throttled"]]) {
  test(`${place}: ${said}`, async () => {
    const { api } = await mailTenant(`at-${place}-${said.slice(0, 3)}`, { [place]: () => said });
    const n = await attempted(api, await send(api, "anna@example.org"));
    assert.equal(attempts(n)[0].event, `attempt.${verdict}`, JSON.stringify(attempts(n)[0]));
    assert.equal(await suppressed(api, "anna@example.org"), false);
  });
}

test("a lost answer after the final dot: the same mail again, byte for byte, by the same provider", async () => {
  const { api, double } = await mailTenant("ambiguous", { end: ({ mails }) => (mails === 1 ? "close" : undefined) });
  const other = await new MailServer().listen();
  doubles.push(other);
  await addProvider(api, { name: "second", port: other.port, priority: 5 });
  const id = await send(api, "anna@example.org");
  const n = await eventually("it is sent", async () => {
    const now = await get(api, id);
    return now.state === "sent" ? now : null;
  }, 40_000);
  assert.deepEqual(attempts(n).map((moment) => moment.event), ["attempt.ambiguous", "attempt.accepted"]);
  const [first, second] = double.to("anna@example.org").map((mail) => mail.raw.toString());
  assert.equal(first, second);
  assert.match(first, /^Message-ID: <[\w-]+@example\.com>\r$/m);
  assert.equal(other.mails.length, 0);
});

test("DKIM: mailauth passes both algorithms, and what is over-signed cannot be added to", async (t) => {
  for (const [name, pair] of [["rsa", generateKeyPairSync("rsa", { modulusLength: 2048 })], ["ed25519", generateKeyPairSync("ed25519")]]) {
    await t.test(name, async () => {
      const spki = createPublicKey(pair.publicKey.export({ type: "spki", format: "pem" })).export({ type: "spki", format: "der" });
      const record = name === "rsa" ? `v=DKIM1; k=rsa; p=${spki.toString("base64")}`
        : `v=DKIM1; k=ed25519; p=${spki.subarray(-32).toString("base64")}`;
      const { api, double } = await mailTenant(`dkim-${name}`, {}, { return_path: "bounces.example.com",
        dkim: { domain: "example.com", selector: name, private_key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) } });
      await send(api, "jörg@example.org".replace("ö", "oe"), { content: {
        subject: "Grüße, ein Betreff, der so lang ist, dass er gefaltet werden muss €", text: "a\n.dot\n  b  \n\n\n", html: "<p>Größe</p>" } });
      const [mail] = await eventually("the mail", () => (double.mails.length > 0 ? double.mails : null), 20_000);
      const resolver = async (host, type) => {
        if (type === "TXT" && host === `${name}._domainkey.example.com`) return [[record]];
        throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
      };
      const verify = async (raw) => (await authenticate(raw, { resolver, ip: "127.0.0.1", helo: "x", mta: "x", sender: mail.from,
        disableArc: true, disableBimi: true, disableDmarc: true })).dkim.results[0];
      const result = await verify(mail.raw);
      assert.equal(result.status.result, "pass", JSON.stringify(result.status));
      assert.equal(result.status.aligned, "example.com");
      for (const header of ["List-Unsubscribe: <https://evil.example>", "Subject: other", "From: evil@example.net", "Cc: x@y.z"]) {
        const forged = Buffer.concat([Buffer.from(`${header}\r\n`), mail.raw]);
        assert.notEqual((await verify(forged)).status.result, "pass", header);
      }
      assert.match(mail.from, /^b\+[\w=-]+@bounces\.example\.com$/);
    });
  }
});

test("header injection in every field: refused, with what is wrong, and nothing leaves", async () => {
  const { api, double } = await mailTenant("injection");
  const evil = "x\r\nBcc: evil@example.net";
  for (const email of ["anna@example.org\r\nBcc: evil@example.net", "anna@example.org>\r\nRCPT TO:<evil@example.net", "a b@example.org"]) {
    const answer = await api.post("/v1/notifications", { to: { email }, content: { subject: "x", text: "x" } });
    if (answer.status === 202) {
      const n = await attempted(api, answer.json.id);
      assert.equal(n.state, "failed");
    } else {
      assert.equal(answer.status, 422, answer.text);
    }
  }
  const answer = await api.post("/v1/notifications", { to: { email: "anna@example.org" }, content: { subject: evil, text: "x" } });
  if (answer.status === 202) {
    const n = await attempted(api, answer.json.id);
    assert.equal(n.state, "failed");
    assert.equal(attempts(n)[0].event, "attempt.refused");
    assert.equal(attempts(n)[0].code, "mail_header");
  } else {
    assert.equal(answer.status, 422, answer.text);
  }
  for (const [settings, field] of [[{ from: `shop@example.com${evil}` }, "/from"], [{ from_name: evil }, "/from_name"],
    [{ reply_to: evil }, "/reply_to"], [{ host: `127.0.0.1${evil}` }, "/host"], [{ return_path: evil }, "/return_path"],
    [{ username: evil, password: "p" }, "/username"]]) {
    const refused = await addProvider(api, { name: "evil", port: 25, ...settings }, 422);
    assert.ok(JSON.stringify(refused).includes(field), `${field}: ${JSON.stringify(refused)}`);
  }
  // Where a line end belongs, in a body, it is none of a header's: and a dot alone ends nothing.
  await send(api, "anna@example.org", { content: { text: "one\r\n.\r\nMAIL FROM:<evil@example.net>\r\n..two", html: "" } });
  const [mail] = await eventually("the mail", () => (double.mails.length > 0 ? double.mails : null), 20_000);
  assert.equal(double.mails.length, 1);
  assert.ok(mail.raw.toString().endsWith("\r\n\r\none\r\n.\r\nMAIL FROM:<evil@example.net>\r\n..two\r\n"), mail.raw.toString());
});

describe("STARTTLS and AUTH", () => {
  const folder = temporaryFolder("mail-tls");
  folders.push(folder);
  const file = (name) => join(folder, name);
  const made = spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", file("key.pem"), "-out", file("cert.pem")]);
  assert.equal(made.status, 0, String(made.stderr));
  const key = readFileSync(file("key.pem"), "utf8");
  const cert = readFileSync(file("cert.pem"), "utf8");
  const options = { key, cert, disabledCommands: [], authOptional: false, onAuth: (auth, _session, next) =>
    (auth.username === "user" && auth.password === "pässword" ? next(null, { user: auth.username })
      : next(Object.assign(new Error("5.7.8 wrong"), { responseCode: 535 }))) };
  const login = { username: "user", password: "pässword" };

  test("a mail goes over TLS, by the right user", async () => {
    for (const [tls, more] of [["starttls", {}], ["tls", { secure: true }]]) {
      const { api, double } = await mailTenant(`tls-${tls}`, {}, { tls, ca: cert, ...login }, { ...options, ...more });
      const id = await send(api, "anna@example.org");
      await eventually("it is sent", async () => (await get(api, id)).state === "sent", 20_000);
      assert.equal(double.mails[0].secure, true);
      assert.equal(double.mails[0].user, "user");
    }
  });
  for (const [name, settings, more] of [
    ["a certificate that nobody vouches for", { tls: "starttls", ...login }, {}],
    ["a server without STARTTLS", { tls: "starttls", ca: cert, ...login }, { disabledCommands: ["STARTTLS"] }],
    ["a wrong password", { tls: "starttls", ca: cert, username: "user", password: "not-it-42" }, {}],
    ["a server that wants a user, and gets none", { tls: "starttls", ca: cert }, {}]]) {
    test(`${name}: the credential's fault, and no mail`, async () => {
      const { api, double } = await mailTenant(name.toLowerCase().replaceAll(/\W/g, "-").slice(0, 30), {}, settings, { ...options, ...more });
      const n = await attempted(api, await send(api, "anna@example.org"));
      assert.equal(attempts(n)[0].event, "attempt.credential", JSON.stringify(attempts(n)[0]));
      assert.ok(!JSON.stringify(n).includes(settings.password ?? login.password));
      assert.equal(double.mails.length, 0);
    });
  }
  test("a password to another machine in the clear: refused", async () => {
    const { api } = await mailTenant("clear");
    const refused = await addProvider(api, { name: "far", host: "mail.example", port: 25, tls: "none", ...login }, 422);
    assert.ok(JSON.stringify(refused).includes("password_in_the_clear"));
  });
});

const bounce = (to, status, action = "failed") => ["From: MAILER-DAEMON@example.org", `To: ${to}`,
  "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"", "", "--b1", "Content-Type: text/plain", "", "Sorry.", "--b1",
  "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.org", "", "Final-Recipient: rfc822; anna@example.org",
  `Action: ${action}`, `Status: ${status}`, "Diagnostic-Code: smtp; 550 no such user", "", "--b1--", ""].join("\r\n");
const complaint = (messageId) => ["From: fbl@isp.example", "To: abuse@example.com",
  "Content-Type: multipart/report; report-type=feedback-report; boundary=b2", "", "--b2", "Content-Type: text/plain", "", "abuse", "--b2",
  "Content-Type: message/feedback-report", "", "Feedback-Type: abuse", "Version: 1", "", "--b2", "Content-Type: message/rfc822", "",
  `Message-ID: ${messageId}`, "", "body", "--b2--", ""].join("\n");

test("a bounce and a complaint that come later: the story goes on, the address is suppressed", async () => {
  const secret = "bounce-secret";
  const { api, double, provider } = await mailTenant("bounces", {}, { return_path: "bounces.example.com", callback_secret: secret });
  assert.ok(!JSON.stringify(provider).includes(secret));
  const path = new URL(provider.callback_url).pathname;
  const post = (mail, headers = {}) => api.call("POST", path, { body: mail, key: null, headers: { "Content-Type": "message/rfc822",
    "Ashlar-Signature": createHmac("sha256", secret).update(mail).digest("hex"), ...headers } });
  const sent = async (email) => {
    const id = await send(api, email);
    await eventually("it is sent", async () => (await get(api, id)).state === "sent", 20_000);
    return [id, double.to(email)[0]];
  };

  const [full, fullMail] = await sent("full@example.org");
  assert.equal((await post(bounce(fullMail.from, "5.2.2"))).status, 200);
  assert.equal((await get(api, full)).state, "failed");
  assert.equal(await suppressed(api, "full@example.org"), false);

  const [gone, goneMail] = await sent("gone@example.org");
  const mail = bounce(goneMail.from, "5.1.1");
  assert.equal((await post(mail, { "Ashlar-Signature": "00" })).status, 403);
  assert.equal((await post(mail, { "Content-Type": "text/plain" })).status, 400);
  assert.equal((await get(api, gone)).state, "sent");
  for (let i = 0; i < 3; ++i) assert.equal((await post(mail)).status, 200);
  const n = await get(api, gone);
  assert.equal(n.state, "failed");
  assert.equal(n.timeline.filter((moment) => moment.event === "bounced" && moment.detail.includes("550 no such user")).length, 1, JSON.stringify(n.timeline));
  assert.equal(await suppressed(api, "gone@example.org"), true);

  const [, complained] = await sent("angry@example.org");
  const messageId = /^Message-ID: (.*)\r$/m.exec(complained.raw.toString())[1];
  assert.equal((await post(complaint(messageId))).status, 200);
  assert.equal(await suppressed(api, "angry@example.org"), true);

  // What is no report, or of nobody's mail, is taken and tells nothing.
  assert.equal((await post("Subject: out of office\r\n\r\nBack on Monday\r\n")).status, 200);
  assert.equal((await post(bounce("b+n999999@bounces.example.com", "5.1.1"))).status, 200);
});
