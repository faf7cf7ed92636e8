// Apple's, Google's and a browser's push service as doubles over HTTP/2 (Node's own), which check every request as the real ones
// do: tokens with `jose`, bodies with `http_ece`. What each answers is decided by the device token: script.set(token, answer).
import { createECDH, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import http2 from "node:http2";
import ece from "http_ece";
import { jwtVerify } from "jose";

class PushService {
  constructor() {
    this.script = new Map();  // device token: {status, body, headers} or a list of them, one a request, the last for good
    this.requests = [];
    this.faults = [];  // what a real service would have refused
    this.sessions = 0;
    this.server = http2.createServer({ settings: { maxConcurrentStreams: 100 } });
    this.server.on("session", () => (this.sessions += 1));
    this.server.on("stream", (stream, headers) => {
      const chunks = [];
      stream.on("error", () => {});
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => this.answer(stream, headers, Buffer.concat(chunks)).catch((error) => {
        this.faults.push(`${headers[":path"]}: ${error.message}`);
        if (!stream.destroyed && !stream.headersSent) this.send(stream, { status: 500, body: "the double" });
      }));
    });
  }
  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  close() {
    this.server.close();
  }
  expect(fine, what) {
    if (!fine) throw new Error(what);
  }
  next(token, usual) {
    const answers = [this.script.get(token) ?? usual].flat();
    if (answers.length > 1) this.script.set(token, answers.slice(1));
    return answers[0];
  }
  send(stream, { status, body = "", headers = {}, act }) {
    if (stream.destroyed) return;
    if (act === "close") return stream.session.destroy();
    if (act === "refuse") return stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    if (act === "goaway") {
      stream.session.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id - 2);
      return;
    }
    stream.respond({ ":status": status, ...headers });
    stream.end(typeof body === "string" ? body : JSON.stringify(body));
  }
}

export class ApnsService extends PushService {
  constructor() {
    super();
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.publicKey = pair.publicKey;
    this.key = pair.privateKey.export({ type: "pkcs8", format: "pem" });
    this.settings = { channel: "push", type: "apns", key: this.key, key_id: "KEY1234567", team_id: "TEAM123456", topic: "net.example.app" };
  }
  async answer(stream, headers, body) {
    const { payload, protectedHeader } = await jwtVerify(headers.authorization.slice("bearer ".length), this.publicKey, { algorithms: ["ES256"] });
    this.expect(headers.authorization.startsWith("bearer "), "no bearer token");
    this.expect(protectedHeader.kid === "KEY1234567" && payload.iss === "TEAM123456", "another key or team");
    this.expect(Math.abs(Date.now() / 1000 - payload.iat) < 3600, "the token is over");
    this.expect(headers["apns-topic"] === "net.example.app", "no topic");
    this.expect(["alert", "background"].includes(headers["apns-push-type"]), "no push type");
    this.expect(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(headers["apns-id"]), "apns-id is no UUID");
    this.expect(/^\d+$/.test(headers["apns-expiration"]), "no expiration");
    this.expect(body.length <= 4096, "too long");
    const token = headers[":path"].slice("/3/device/".length);
    this.requests.push({ token, headers, body: JSON.parse(body), authorization: headers.authorization });
    const answer = this.next(token, { status: 200 });
    this.send(stream, { ...answer, headers: { "apns-id": headers["apns-id"], ...answer.headers } });
  }
}

export class FcmService extends PushService {
  constructor() {
    super();
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.publicKey = pair.publicKey;
    this.key = pair.privateKey.export({ type: "pkcs8", format: "pem" });
    this.grants = 0;
    this.bearer = null;
  }
  get settings() {
    return {
      channel: "push", type: "fcm",
      service_account: {
        type: "service_account", project_id: "demo", private_key_id: "k1", private_key: this.key,
        client_email: "push@demo.example.net", token_uri: `${this.origin}/token`,
      },
    };
  }
  async answer(stream, headers, body) {
    if (headers[":path"] === "/token") return this.grant(stream, body);
    this.expect(headers[":path"] === "/v1/projects/demo/messages:send", "another path");
    if (headers.authorization !== `Bearer ${this.bearer}`) return this.send(stream, { status: 401, body: fcmError("UNAUTHENTICATED") });
    const { message } = JSON.parse(body);
    for (const value of Object.values(message.data ?? {})) this.expect(typeof value === "string", "data is text only");
    this.requests.push({ token: message.token, headers, body: message });
    this.send(stream, this.next(message.token, { status: 200, body: { name: `projects/demo/messages/${this.requests.length}` } }));
  }
  async grant(stream, body) {
    const form = new URLSearchParams(body.toString());
    this.expect(form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer", "another grant");
    const { payload, protectedHeader } = await jwtVerify(form.get("assertion"), this.publicKey,
      { algorithms: ["RS256"], audience: `${this.origin}/token`, issuer: "push@demo.example.net" });
    this.expect(protectedHeader.kid === "k1", "another key");
    this.expect(payload.scope === "https://www.googleapis.com/auth/firebase.messaging", "another scope");
    this.expect(payload.exp - payload.iat <= 3600, "longer than an hour");
    this.grants += 1;
    this.bearer = `ya29.${this.grants}`;
    this.send(stream, { status: 200, body: { access_token: this.bearer, expires_in: 3599, token_type: "Bearer" } });
  }
}

export function fcmError(status, ...details) {
  return { error: { code: 0, status, message: "the double", details } };
}
export const fcmCode = (errorCode) => ({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode });
export const fcmViolation = (field) => ({ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field, description: "wrong" }] });

export class BrowserService extends PushService {
  constructor() {
    super();
    this.browsers = new Map();  // path: {ecdh, auth}
    this.settings = { channel: "push", type: "webpush", vapid: { subject: "mailto:push@example.net" } };
  }
  // A browser that subscribes: what PushSubscription.toJSON() gives.
  subscribe() {
    const ecdh = createECDH("prime256v1");
    ecdh.generateKeys();
    const auth = randomBytes(16);
    const path = `/send/${randomBytes(12).toString("hex")}`;
    this.browsers.set(path, { ecdh, auth });
    return {
      endpoint: this.origin + path, expirationTime: null,
      keys: { p256dh: ecdh.getPublicKey("base64url"), auth: auth.toString("base64url") },
    };
  }
  async answer(stream, headers, body) {
    const browser = this.browsers.get(headers[":path"]);
    this.expect(browser, "nobody has subscribed here");
    const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization) ?? [];
    this.expect(token, "no vapid");
    const point = Buffer.from(key, "base64url");
    const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
    const { payload } = await jwtVerify(token, createPublicKey({ key: jwk, format: "jwk" }), { algorithms: ["ES256"], audience: this.origin });
    this.expect(payload.sub === "mailto:push@example.net", "another subject");
    this.expect(payload.exp - Date.now() / 1000 <= 24 * 3600, "longer than a day");
    this.expect(headers["content-encoding"] === "aes128gcm", "another encoding");
    this.expect(/^\d+$/.test(headers.ttl), "no TTL");
    this.expect(headers.topic === undefined || /^[\w-]{1,32}$/.test(headers.topic), "a topic that is none");
    this.expect(body.length <= 4096, "too long");
    const plain = ece.decrypt(body, { version: "aes128gcm", privateKey: browser.ecdh, authSecret: browser.auth });
    this.requests.push({ token: headers[":path"], headers, body: JSON.parse(plain), vapid: headers.authorization, raw: body });
    this.send(stream, this.next(headers[":path"], { status: 201, headers: { location: `${this.origin}/m/1` } }));
  }
}
