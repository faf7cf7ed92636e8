// Webhooks as their receivers see them: a Node server on loopback, deliveries verified by npm's `standardwebhooks` and by node's
// crypto.
import assert from "node:assert/strict";
import { createHmac, createPublicKey, verify as verifySignature } from "node:crypto";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Server, Store } from "../support/server.mjs";
import { eventually } from "../support/process.mjs";

// Answers as told ({status, headers, body} or {never} of each request in turn, then 200) and keeps what it got: {path, headers, body, at}.
export class Receiver {
  got = [];
  next = [];

  static async start() {
    const receiver = new Receiver();
    receiver.server = http.createServer((request, answer) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        receiver.got.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString("utf8"), at: performance.now() });
        const { status = 200, headers = {}, body = "thanks", never = false } = receiver.next.shift() ?? {};
        if (!never) answer.writeHead(status, headers).end(body);
      });
    });
    await new Promise((done) => receiver.server.listen(0, "127.0.0.1", done));
    receiver.port = receiver.server.address().port;
    return receiver;
  }

  url(path = "/") {
    return `http://127.0.0.1:${this.port}${path}`;
  }
  at(path) {
    return this.got.filter((request) => request.path === path);
  }
  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

// The receiver's side of ed25519, from nothing but the specification.
function verifiesEd25519(request, publicKey) {
  const raw = Buffer.from(publicKey.replace(/^whpk_/, ""), "base64");
  const key = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]), format: "der", type: "spki" });
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = request.headers;
  const message = Buffer.from(`${id}.${timestamp}.${request.body}`);
  return signatures.split(" ").filter((one) => one.startsWith("v1a,"))
    .some((one) => verifySignature(null, message, key, Buffer.from(one.slice(4), "base64")));
}

// Killed while the receiver has the request and while others wait: each arrives, the one that was under way twice.
export function killedSuite() {
  test("a server that is killed between request and answer sends again what was not answered", { timeout: 120_000 }, async () => {
    const store = new Store("sqlite");
    const sets = { "webhooks.allow_private": true };
    const receiver = await Receiver.start();
    try {
      const first = await Server.start({ store, sets });
      const made = await first.api.post("/v1/webhooks", { url: receiver.url("/killed"), event_types: ["link.*"], max_running: 1 });
      receiver.next = [{ never: true }];
      for (let i = 0; i < 5; ++i) assert.equal((await first.api.post("/v1/links", { url: "https://example.com/", code: `killed-${i}` })).status, 201);
      await eventually("the first request", () => receiver.got.length === 1);
      await first.kill();
      const second = await Server.start({ store, sets });
      try {
        await eventually("all have arrived", () => receiver.got.length >= 6, 60_000);
        const codes = receiver.got.map(({ body }) => JSON.parse(body).data.code);
        assert.deepEqual([...new Set(codes)].sort(), [0, 1, 2, 3, 4].map((i) => `killed-${i}`));
        assert.equal(codes.length, 6);
        const ids = receiver.got.filter((_, i) => codes[i] === codes[0]).map(({ headers }) => headers["webhook-id"]);
        assert.equal(ids.length, 2);
        assert.equal(ids[0], ids[1]);
        for (const request of receiver.got) new Webhook(made.json.secret).verify(request.body, request.headers);
      } finally {
        await second.stop();
      }
    } finally {
      receiver.close();
      store.remove();
    }
  });
}

export function webhooksSuite(kind) {
  describe(`webhooks on ${kind}`, { timeout: 300_000 }, () => {
    let server, api, receiver;

    before(async () => {
      server = await Server.start({ store: kind, sets: { "webhooks.allow_private": true } });
      api = server.api;
      receiver = await Receiver.start();
    });
    after(async () => {
      receiver?.close();
      await server?.stop();
    });

    const create = async (path, more = {}) => {
      const made = await api.post("/v1/webhooks", { url: receiver.url(path), event_types: ["link.*"], ...more });
      assert.equal(made.status, 201, made.text);
      return made.json;
    };
    const remove = async (...webhooks) => {
      for (const { id } of webhooks) assert.equal((await api.delete(`/v1/webhooks/${id}`)).status, 204);
    };
    const shorten = async (code) => {
      const made = await api.post("/v1/links", { url: "https://example.com/", code });
      assert.equal(made.status, 201, made.text);
    };
    const arrive = (path, count, limit_ms = 10_000) => eventually(`${count} at ${path}`, () => receiver.at(path).length >= count && receiver.at(path), limit_ms);
    const ended = (webhook, location) => eventually("the delivery has ended", async () => {
      const { json } = await api.get(location ?? `/v1/webhooks/${webhook.id}/deliveries/${(await api.get(`/v1/webhooks/${webhook.id}/deliveries`)).json.data[0].id}`);
      return json.state !== "pending" && json;
    });

    test("an event arrives as npm's standardwebhooks expects it", async () => {
      const webhook = await create("/plain");
      await shorten(`hook-${kind}-1`);
      const [request] = await arrive("/plain", 1);
      const receiverSide = new Webhook(webhook.secret);
      const payload = receiverSide.verify(request.body, request.headers);
      assert.equal(payload.type, "link.created");
      assert.equal(payload.data.code, `hook-${kind}-1`);
      assert.ok(Math.abs(Date.parse(payload.timestamp) - Date.now()) < 60_000);
      assert.equal(request.headers["content-type"], "application/json");
      assert.match(request.headers["user-agent"], /^Ashlar/);
      // What was not signed so is refused: another body, another id, another secret.
      assert.throws(() => receiverSide.verify(`${request.body} `, request.headers));
      assert.throws(() => receiverSide.verify(request.body, { ...request.headers, "webhook-id": "another" }));
      assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32, 7).toString("base64")}`).verify(request.body, request.headers));
      // And an old one, though its signature is right.
      const old = new Date(Date.now() - 301_000);
      const signed = receiverSide.sign(request.headers["webhook-id"], old, request.body);
      const replayed = { ...request.headers, "webhook-timestamp": String(Math.floor(old / 1000)), "webhook-signature": signed };
      assert.throws(() => receiverSide.verify(request.body, replayed), /too old/i);
      // The same by hand, so that it is not the package alone that says so.
      const key = Buffer.from(webhook.secret.slice("whsec_".length), "base64");
      const expected = createHmac("sha256", key).update(`${request.headers["webhook-id"]}.${request.headers["webhook-timestamp"]}.${request.body}`).digest("base64");
      assert.equal(request.headers["webhook-signature"], `v1,${expected}`);
      const { history, ...delivery } = await ended(webhook);
      assert.equal(delivery.state, "delivered");
      assert.equal(delivery.event_id, request.headers["webhook-id"]);
      assert.deepEqual(history.map(({ number, status, error }) => ({ number, status, error })), [{ number: 1, status: 200, error: null }]);
      await remove(webhook);
    });

    test("ed25519: the public key is enough to verify", async () => {
      const webhook = await create("/pair", { signature: "ed25519" });
      assert.equal(webhook.secret, undefined);
      await shorten(`hook-${kind}-2`);
      const [request] = await arrive("/pair", 1);
      assert.ok(verifiesEd25519(request, webhook.public_keys[0]));
      assert.ok(!verifiesEd25519({ ...request, body: `${request.body} ` }, webhook.public_keys[0]));
      const other = await create("/pair2", { signature: "ed25519" });
      assert.ok(!verifiesEd25519(request, other.public_keys[0]));
      await remove(webhook, other);
    });

    test("rotation: both secrets verify until the overlap is over", async () => {
      const webhook = await create("/rotated");
      const rotated = (await api.post(`/v1/webhooks/${webhook.id}/rotate-secret`, { overlap_s: 2 })).json;
      assert.notEqual(rotated.secret, webhook.secret);
      const until = performance.now() + 2000;
      await shorten(`hook-${kind}-3`);
      const [first] = await arrive("/rotated", 1);
      if (performance.now() < until) new Webhook(webhook.secret).verify(first.body, first.headers);
      new Webhook(rotated.secret).verify(first.body, first.headers);
      await eventually("the overlap is over", () => performance.now() > until + 100);
      await shorten(`hook-${kind}-4`);
      const second = (await arrive("/rotated", 2))[1];
      new Webhook(rotated.secret).verify(second.body, second.headers);
      assert.throws(() => new Webhook(webhook.secret).verify(second.body, second.headers));
      assert.equal(second.headers["webhook-signature"].split(" ").length, 1);
      // Nobody is told a secret again.
      assert.equal((await api.get(`/v1/webhooks/${webhook.id}`)).json.secret, undefined);
      await remove(webhook);
    });

    test("a failure is tried again after 5 s with the same id and a new time; a redirect is one", async () => {
      const webhook = await create("/flaky");
      receiver.next = [{ status: 307, headers: { Location: receiver.url("/elsewhere") } }];
      await shorten(`hook-${kind}-5`);
      const [first, second] = await arrive("/flaky", 2, 20_000);
      const pause_s = (second.at - first.at) / 1000;
      assert.ok(pause_s >= 4.9 && pause_s < 8, String(pause_s));
      assert.equal(second.headers["webhook-id"], first.headers["webhook-id"]);
      assert.notEqual(second.headers["webhook-timestamp"], first.headers["webhook-timestamp"]);
      assert.equal(second.body, first.body);
      for (const request of [first, second]) new Webhook(webhook.secret).verify(request.body, request.headers);
      assert.equal(receiver.at("/elsewhere").length, 0);
      const { state, attempts, history } = await ended(webhook);
      assert.deepEqual({ state, attempts }, { state: "delivered", attempts: 2 });
      assert.equal(history[1].status, 307);
      assert.match(history[1].error, /redirect/);
      await remove(webhook);
    });

    test("410 disables, others hear of it, a replay brings what was missed", async () => {
      const gone = await create("/gone");
      const watcher = await create("/watcher", { event_types: ["webhook.*"] });
      receiver.next = [{ status: 410 }];
      await shorten(`hook-${kind}-6`);
      const [notice] = await arrive("/watcher", 1);
      const told = new Webhook(watcher.secret).verify(notice.body, notice.headers);
      assert.equal(told.type, "webhook.disabled");
      assert.deepEqual({ id: told.data.webhook_id, reason: told.data.reason }, { id: gone.id, reason: "gone" });
      assert.equal((await api.get(`/v1/webhooks/${gone.id}`)).json.enabled, false);
      // The log has a writer of its own.
      await eventually("the log says so", () =>
        server.log().some((line) => line.message === "webhook disabled" && String(line.webhook) === gone.id));
      await shorten(`hook-${kind}-7`);
      await eventually("what is missed is written down", async () =>
        (await api.get(`/v1/webhooks/${gone.id}/deliveries?state=failed`)).json.data.length === 2);
      assert.equal(receiver.at("/gone").length, 1);
      assert.equal((await api.post(`/v1/webhooks/${gone.id}/replay`, {})).status, 409);
      assert.equal((await api.post(`/v1/webhooks/${gone.id}/enable`)).json.enabled, true);
      assert.equal((await api.post(`/v1/webhooks/${gone.id}/replay`, {})).json.replayed, 2);
      const requests = await arrive("/gone", 3);
      assert.deepEqual(requests.slice(1).map(({ body }) => JSON.parse(body).data.code).sort(), [`hook-${kind}-6`, `hook-${kind}-7`]);
      assert.equal(requests[1].headers["webhook-id"] === requests[0].headers["webhook-id"]
        || requests[2].headers["webhook-id"] === requests[0].headers["webhook-id"], true);
      await remove(gone, watcher);
    });

    test("a test send, its outcome, a retry by hand", async () => {
      const webhook = await create("/tested");
      receiver.next = [{ status: 503, headers: { "Retry-After": "1" }, body: "not now" }];
      const sent = await api.post(`/v1/webhooks/${webhook.id}/test`);
      assert.equal(sent.status, 202, sent.text);
      const failed = await ended(webhook, sent.headers.location);
      assert.equal(failed.state, "failed");  // once, whatever it comes to
      const retried = await api.post(`${sent.headers.location}/retry`);
      assert.equal(retried.status, 202, retried.text);
      assert.equal((await ended(webhook, sent.headers.location)).state, "delivered");
      const [, second] = receiver.at("/tested");
      assert.equal(new Webhook(webhook.secret).verify(second.body, second.headers).type, "webhook.test");
      await remove(webhook);
    });

    test("ordered: what follows waits for what is tried again", async () => {
      const webhook = await create("/ordered", { ordered: true });
      receiver.next = [{ status: 500 }];
      for (const n of [8, 9, 10]) await shorten(`hook-${kind}-${n}`);
      const requests = await arrive("/ordered", 4, 20_000);
      assert.deepEqual(requests.map(({ body }) => JSON.parse(body).data.code), [8, 8, 9, 10].map((n) => `hook-${kind}-${n}`));
      await remove(webhook);
    });

    test("CloudEvents, structured, where they are wanted", async () => {
      const webhook = await create("/cloud", { format: "cloudevents" });
      await shorten(`hook-${kind}-11`);
      const [request] = await arrive("/cloud", 1);
      assert.equal(request.headers["content-type"], "application/cloudevents+json");
      const event = new Webhook(webhook.secret).verify(request.body, request.headers);
      assert.equal(event.specversion, "1.0");
      assert.equal(event.id, request.headers["webhook-id"]);
      assert.equal(event.type, "link.created");
      assert.equal(event.data.code, `hook-${kind}-11`);
      await remove(webhook);
    });

    test("a secret is in no log and no second answer", async () => {
      const answers = [];
      for (let i = 0; i < 2; ++i) {
        answers.push(await api.post("/v1/webhooks", { url: receiver.url("/once"), event_types: ["*"] }, { headers: { "Idempotency-Key": `once-${kind}` } }));
      }
      assert.equal(answers[1].headers["idempotency-replayed"], "true");
      assert.equal(answers[1].json.id, answers[0].json.id);
      assert.equal(answers[1].json.secret, undefined);
      assert.ok(!server.stderr.includes(answers[0].json.secret));
      await remove(answers[0].json);
    });
  });
}
