// What lies below the calls: errors of every layer, Idempotency-Keys, webhooks; by npm's `stripe` and by plain requests.
import http from "node:http";
import { Api, raw } from "../support/http.mjs";
import { eventually } from "../support/process.mjs";
import { assert, fails, freshKey, Stripe } from "../support/stripe.mjs";
import { Receiver } from "./webhooks.mjs";

const kForm = { "Content-Type": "application/x-www-form-urlencoded" };

// Whatever its status, an answer without a top-level `error` looks like a success to these clients (facts, section 2).
function assertError(answer, status, type, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers["content-type"], "application/json");
  const { error } = answer.json;
  assert.ok(error && typeof error.message === "string" && error.message.length > 0, answer.text);
  assert.equal(error.type, type, answer.text);
  if (code !== undefined) assert.equal(error.code, code, answer.text);
  return error;
}

export function errors(it, shop) {
  it("each class of error is the client's own", async () => {
    const { stripe, server } = shop;
    await fails(shop.client("ashlar_sk_wrong").balance.retrieve(), "StripeAuthenticationError", { statusCode: 401 });
    const reader = shop.client(server.newKey("demo", "payments:read"));
    assert.equal((await reader.balance.retrieve()).object, "balance");
    await fails(reader.paymentIntents.create({ amount: 1, currency: "usd" }), "StripePermissionError", { statusCode: 403 });
    await fails(stripe.paymentIntents.retrieve("pi_none"), "StripeInvalidRequestError",
      { statusCode: 404, code: "resource_missing", param: "intent", message: "No such payment_intent: 'pi_none'." });
    await fails(stripe.paymentIntents.create({ amount: 1 }), "StripeInvalidRequestError", { statusCode: 400, code: "parameter_missing", param: "currency" });
    await fails(stripe.paymentIntents.create({ amount: "ten", currency: "usd" }), "StripeInvalidRequestError", { code: "parameter_invalid_integer", param: "amount" });
    await fails(stripe.paymentIntents.create({ amount: 10, currency: "usd", colour: "red" }), "StripeInvalidRequestError", { code: "parameter_unknown", param: "colour" });
    await fails(stripe.paymentIntents.create({ amount: 10, currency: "dollars" }), "StripeInvalidRequestError", { statusCode: 400, param: "currency" });
    await fails(stripe.paymentIntents.create({ amount: 10, currency: "usd", customer: "cus_none" }), "StripeInvalidRequestError",
      { statusCode: 400, code: "resource_missing", param: "customer" });
    await fails(stripe.paymentIntents.create({ amount: 0, currency: "usd" }), "StripeInvalidRequestError", { param: "amount" });
    await fails(stripe.paymentIntents.retrieve("pi_none", { expand: ["amount"] }), "StripeInvalidRequestError", { param: "expand" });
    for (const call of [() => stripe.charges.retrieve("ch_none"), () => stripe.refunds.retrieve("re_none"), () => stripe.disputes.retrieve("dp_none"),
      () => stripe.customers.retrieve("cus_none"), () => stripe.webhookEndpoints.retrieve("we_none"), () => stripe.paymentMethods.retrieve("pm_none")]) {
      await fails(call(), "StripeInvalidRequestError", { statusCode: 404, code: "resource_missing" });
    }
    // Of the 82 resources of the API there are a few here; the others are not taken for successes.
    await fails(stripe.products.list(), "StripeInvalidRequestError", { statusCode: 404 });
    await fails(stripe.subscriptions.create({ customer: "cus_none", items: [] }), "StripeInvalidRequestError", { statusCode: 404 });
  });

  it("no layer answers an error without `error`", async () => {
    const { port, key } = shop;
    const api = new Api(`http://127.0.0.1:${port}`, key);
    try {
      assertError(await api.get("/v1/nothing"), 404, "invalid_request_error");
      assertError(await api.get("/"), 404, "invalid_request_error");
      assertError(await api.get("/v1/links"), 404, "invalid_request_error");  // the main listener's
      assertError(await api.delete("/v1/balance"), 405, "invalid_request_error");
      assertError(await api.get("/v1/balance", { key: null }), 401, "invalid_request_error");
      assertError(await api.get("/v1/balance", { key: null, headers: { Cookie: "ashlar_session=x" } }), 401, "invalid_request_error");
      assertError(await api.get("/v1/balance", { headers: { "Ashlar-Timeout-Ms": "soon" } }), 400, "invalid_request_error");
      assertError(await api.post("/v1/payment_intents", { amount: 1, currency: "usd" }), 400, "invalid_request_error");  // JSON
      assertError(await api.post("/v1/payment_intents", "a".repeat(200_000), { headers: kForm }), 413, "invalid_request_error");
      assertError(await api.post("/v1/payment_intents", "amount=%", { headers: kForm }), 400, "invalid_request_error");
      assertError(await api.post("/v1/payment_intents", "amount=1&amount=2", { headers: kForm }), 400, "invalid_request_error");
      assertError(await api.post("/v1/payment_intents", "amount=1&currency=usd", { headers: { ...kForm, "Idempotency-Key": "k".repeat(300) } }), 400, "invalid_request_error");
      for (const [text, status] of [["GARBAGE\r\n\r\n", 400], ["GET / HTTP/1.1\r\n\r\n", 400], [`GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
        ["POST /v1/refunds HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501], ["BREW /v1/balance HTTP/1.1\r\nHost: a\r\n\r\n", 405]]) {
        const { answers: [answer] } = await raw(port, [text], { answers: 1 });
        assertError(answer, status, status >= 500 ? "api_error" : "invalid_request_error");
      }
    } finally {
      api.close();
    }
  });

  it("keys by Basic, as curl -u sends them", async () => {
    const api = new Api(`http://127.0.0.1:${shop.port}`);
    const basic = (text) => ({ Authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    try {
      assert.equal((await api.get("/v1/balance", { headers: basic(`${shop.key}:`) })).status, 200);
      assertError(await api.get("/v1/balance", { headers: basic("sk_nothing:") }), 401, "invalid_request_error");
      // The main listener takes no such thing.
      assert.equal((await shop.server.client(null).get("/v1/payments", { headers: basic(`${shop.key}:`) })).status, 401);
    } finally {
      api.close();
    }
  });

  it("what is meant for somebody else's account is not done in one's own", async () => {
    await fails(shop.stripe.paymentIntents.create({ amount: 1, currency: "usd" }, { stripeAccount: "acct_other" }), "StripePermissionError", { statusCode: 403 });
  });

  it("a card number is refused wherever it stands, and is written nowhere", async () => {
    const { stripe, server } = shop;
    const number = "4242 4242 4242 4242";
    for (const body of [{ description: number }, { metadata: { note: `card ${number}` } }, { receipt_email: number }, { statement_descriptor: "4242424242424242" }]) {
      const error = await fails(stripe.paymentIntents.create({ amount: 1, currency: "usd", ...body }), "StripeInvalidRequestError", { statusCode: 400 });
      assert.ok(!JSON.stringify(error.raw).includes("4242"), error.message);
    }
    await fails(stripe.paymentMethods.create({ type: "card", card: { number: "4242424242424242", exp_month: 1, exp_year: 2030, cvc: "123" } }), "StripeInvalidRequestError");
    await fails(stripe.customers.create({ name: "4242-4242-4242-4242" }), "StripeInvalidRequestError");
    assert.ok(!/4242[ -]?4242/.test(server.stderr));
  });

  it("forms as other clients spell them", async () => {
    const { port, key } = shop;
    const api = new Api(`http://127.0.0.1:${port}`, key);
    const post = (body) => api.post("/v1/payment_intents", body, { headers: { ...kForm, "Idempotency-Key": freshKey() } });
    try {
      const made = await post("amount=5&currency=usd&metadata%5Ba%5D=b+c%21&payment_method_types[]=card&expand[]=customer");
      assert.equal(made.status, 200, made.text);
      assert.deepEqual(made.json.metadata, { a: "b c!" });
      const listed = await api.get("/v1/payment_intents?created%5Bgte%5D=5&limit=1&expand%5B%5D=data.customer");
      assert.equal(listed.json.data[0].id, made.json.id);
    } finally {
      api.close();
    }
  });
}

export function idempotency(it, shop) {
  it("the same key: the same answer, to the byte; another request: an idempotency error", async () => {
    const { stripe } = shop;
    const idempotencyKey = freshKey();
    const first = await shop.paid({ amount: 111 }, { idempotencyKey });
    const again = await shop.paid({ amount: 111 }, { idempotencyKey });
    assert.equal(again.id, first.id);
    assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(first)));
    assert.equal(first.lastResponse.headers["idempotent-replayed"], undefined);
    assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
    assert.equal(again.lastResponse.headers["idempotency-key"], idempotencyKey);
    await fails(shop.paid({ amount: 112 }, { idempotencyKey }), "StripeIdempotencyError", { statusCode: 400 });
    // stripe-stateful-mock executes the same key on another path (facts, section 6).
    await fails(stripe.refunds.create({ payment_intent: first.id }, { idempotencyKey }), "StripeIdempotencyError", { statusCode: 400 });
    assert.equal((await stripe.refunds.list({ payment_intent: first.id })).data.length, 0);
  });

  it("keys are good for refunds, customers, captures and webhook endpoints too", async () => {
    const { stripe } = shop;
    const paid = await shop.paid();
    const held = await shop.paid({ capture_method: "manual" });
    const key = freshKey();
    const twice = async (call) => {
      const first = await call();
      const second = await call();
      assert.equal(second.id, first.id);
      assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
      return second;
    };
    await twice(() => stripe.refunds.create({ payment_intent: paid.id, amount: 700 }, { idempotencyKey: `${key}-r` }));
    assert.equal((await stripe.charges.retrieve(paid.latest_charge)).amount_refunded, 700);
    await twice(() => stripe.paymentIntents.capture(held.id, { amount_to_capture: 50, final_capture: false }, { idempotencyKey: `${key}-c` }));
    assert.equal((await stripe.paymentIntents.retrieve(held.id)).amount_received, 50);
    await twice(() => stripe.customers.create({ name: "Once" }, { idempotencyKey: `${key}-u` }));
    const endpoint = await twice(() => stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["*"], metadata: { i: key } }, { idempotencyKey: `${key}-w` }));
    assert.equal(endpoint.secret, undefined);  // a secret is told once
    await stripe.webhookEndpoints.del(endpoint.id);
  });

  it("a decline is kept under its key, a wrong request is not", async () => {
    const { stripe } = shop;
    const idempotencyKey = freshKey();
    const first = await fails(shop.paid({ payment_method: "pm_card_chargeDeclined" }, { idempotencyKey }), "StripeCardError");
    const again = await fails(shop.paid({ payment_method: "pm_card_chargeDeclined" }, { idempotencyKey }), "StripeCardError");
    assert.equal(again.payment_intent.id, first.payment_intent.id);
    assert.equal(again.headers["idempotent-replayed"], "true");
    const other = freshKey();
    await fails(stripe.paymentIntents.create({ amount: 1, currency: "usd", colour: "red" }, { idempotencyKey: other }), "StripeInvalidRequestError");
    assert.equal((await stripe.paymentIntents.create({ amount: 1, currency: "usd" }, { idempotencyKey: other })).amount, 1);
  });

  it("while the first is at work the second is told so, and has its answer when it asks again", async () => {
    // The sandbox is quick: several rounds, until some come while another is at work.
    const second = await eventually("a key is in use", async () => {
      const idempotencyKey = freshKey();
      const call = () => shop.paid({ amount: 77 }, { idempotencyKey });
      const answers = await Promise.all(Array.from({ length: 10 }, () => call().catch((error) => error)));
      const done = answers.filter(({ object }) => object === "payment_intent");
      const refused = answers.filter(({ statusCode }) => statusCode === 409);
      assert.equal(done.length + refused.length, 10);
      assert.equal(new Set(done.map(({ id }) => id)).size, 1);
      assert.equal((await call()).id, done[0].id);
      return refused[0];
    }, 20_000, 5);
    assert.equal(second.type, "StripeAPIError");
    assert.equal(second.code, "idempotency_key_in_use");
    assert.equal(second.raw.type, "idempotency_error");
  });

  it("fifty at once under one key: one effect", async () => {
    const { stripe } = shop;
    const customer = await stripe.customers.create({ name: "Fifty" });
    const idempotencyKey = freshKey();
    const call = () => shop.paid({ amount: 50, customer: customer.id }, { idempotencyKey, maxNetworkRetries: 10 });
    const answers = await Promise.all(Array.from({ length: 50 }, call));
    assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
    assert.equal((await stripe.paymentIntents.list({ customer: customer.id })).data.length, 1);
    assert.equal((await stripe.charges.list({ payment_intent: answers[0].id })).data.length, 1);
  });
}

export function webhooks(it, shop) {
  it("endpoints: made, looked at, changed, listed, deleted", async () => {
    const { stripe } = shop;
    const made = await stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/hook", enabled_events: ["charge.refunded", "payment_intent.succeeded"], description: "Mine", metadata: { a: "1" } });
    assert.match(made.id, /^we_/);
    assert.match(made.secret, /^whsec_\w{20,}$/);
    assert.equal(made.status, "enabled");
    assert.equal(made.object, "webhook_endpoint");
    const numbered = { url: "http://127.0.0.1:9/hook", enabled_events: ["*"], description: "4242 4242 4242 4242" };
    await assert.rejects(stripe.webhookEndpoints.create(numbered), { statusCode: 400, param: "description" });
    await assert.rejects(stripe.webhookEndpoints.update(made.id, { metadata: { card: "4242424242424242" } }), { statusCode: 400, param: "metadata[card]" });
    const looked = await stripe.webhookEndpoints.retrieve(made.id);
    assert.equal(looked.secret, undefined);
    assert.deepEqual(looked.enabled_events, ["charge.refunded", "payment_intent.succeeded"]);
    const changed = await stripe.webhookEndpoints.update(made.id, { disabled: true, enabled_events: ["*"], metadata: { a: "", b: "2" } });
    assert.equal(changed.status, "disabled");
    assert.deepEqual(changed.enabled_events, ["*"]);
    assert.deepEqual(changed.metadata, { b: "2" });
    const other = await stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/two", enabled_events: ["*"] });
    assert.deepEqual((await stripe.webhookEndpoints.list({ limit: 2 })).data.map(({ id }) => id), [other.id, made.id]);
    assert.deepEqual((await stripe.webhookEndpoints.list({ limit: 1, starting_after: other.id })).data.map(({ id }) => id), [made.id]);
    assert.deepEqual(await stripe.webhookEndpoints.del(made.id), { id: made.id, object: "webhook_endpoint", deleted: true });
    await stripe.webhookEndpoints.del(other.id);
    await fails(stripe.webhookEndpoints.retrieve(made.id), "StripeInvalidRequestError", { statusCode: 404 });
    await fails(stripe.webhookEndpoints.del(made.id), "StripeInvalidRequestError", { statusCode: 404 });
    await fails(stripe.webhookEndpoints.create({ url: "not a url", enabled_events: ["*"] }), "StripeInvalidRequestError", { code: "url_invalid", param: "url" });
    await fails(stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["invoice.paid"] }), "StripeInvalidRequestError", { param: "enabled_events" });
  });

  it("events arrive signed, as constructEvent checks them; again until they are taken", async () => {
    const { stripe } = shop;
    const receiver = await Receiver.start();
    const types = ["payment_intent.created", "payment_intent.succeeded", "charge.refunded", "charge.dispute.created", "customer.created"];
    const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url("/all"), enabled_events: types });
    try {
      receiver.next = [{ status: 500 }];
      const paid = await shop.paid({ amount: 4321, payment_method: "pm_card_createDispute" });
      const other = await shop.paid({ amount: 99 });
      await stripe.refunds.create({ payment_intent: other.id });
      const customer = await stripe.customers.create({ name: "Told" });
      const verified = () => receiver.at("/all").map(({ body, headers }) => stripe.webhooks.constructEvent(body, headers["stripe-signature"], endpoint.secret));
      const wanted = [`payment_intent.created ${paid.id}`, `payment_intent.succeeded ${paid.id}`, `payment_intent.created ${other.id}`, `payment_intent.succeeded ${other.id}`,
        `charge.refunded ${other.latest_charge}`, `customer.created ${customer.id}`];
      const named = ({ type, data }) => `${type} ${data.object.id}`;
      await eventually("all events have arrived", () => {
        const got = new Set(verified().map(named));
        return wanted.every((one) => got.has(one)) && [...got].some((one) => one.startsWith("charge.dispute.created dp_"));
      }, 30_000, 100);
      // What was answered 500 comes again, the same to the byte.
      const refused = receiver.at("/all")[0];
      await eventually("the refused one comes again", () => receiver.at("/all").filter(({ body }) => body === refused.body).length === 2, 20_000, 100);
      const all = verified();
      assert.equal(all.length, new Set(all.map(({ id }) => id)).size + 1);  // the first of them twice
      for (const event of all) assert.ok(types.includes(event.type), event.type);
      assert.equal(new Set(all.map(named)).size, all.length - 1);
      const succeeded = all.find((event) => named(event) === wanted[1]);
      assert.equal(succeeded.data.object.amount_received, 4321);
      assert.equal(succeeded.object, "event");
      assert.equal(succeeded.pending_webhooks, 1);
      assert.equal((await stripe.events.retrieve(succeeded.id)).type, "payment_intent.succeeded");
      const first = receiver.at("/all")[0];
      assert.throws(() => stripe.webhooks.constructEvent(`${first.body} `, first.headers["stripe-signature"], endpoint.secret), Stripe.errors.StripeSignatureVerificationError);
      assert.throws(() => stripe.webhooks.constructEvent(first.body, first.headers["stripe-signature"], "whsec_other"), Stripe.errors.StripeSignatureVerificationError);
      await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
      const before = receiver.got.length;
      await stripe.customers.create({ name: "Not told" });
      await new Promise((done) => setTimeout(done, 1500));
      assert.equal(receiver.got.length, before);
    } finally {
      receiver.close();
      await stripe.webhookEndpoints.del(endpoint.id);
    }
  });
}

// A gateway before us that answers a problem document: what the fact is about, shown once with the client itself.
export function dangerousFact(it) {
  it("what the form of errors guards against: a 422 without `error` is a success to this client", async () => {
    const gateway = http.createServer((_, answer) => answer.writeHead(422, { "Content-Type": "application/problem+json" }).end('{"title":"Unprocessable"}'));
    await new Promise((done) => gateway.listen(0, "127.0.0.1", done));
    const stripe = new Stripe("key", { host: "127.0.0.1", port: gateway.address().port, protocol: "http", telemetry: false });
    try {
      const taken = await stripe.paymentIntents.create({ amount: 1, currency: "usd" }).catch((error) => error);
      assert.equal(taken.title, "Unprocessable");
      assert.ok(!(taken instanceof Error));
    } finally {
      gateway.close();
      gateway.closeAllConnections();
    }
  });
}
