// Payment intents, charges and refunds by npm's `stripe`.
import { eventually } from "../support/process.mjs";
import { assert, fails } from "../support/stripe.mjs";

export function intents(it, shop) {
  it("a payment intent is made, changed, confirmed", async () => {
    const { stripe } = shop;
    const made = await stripe.paymentIntents.create({
      amount: 2000, currency: "USD", description: "A hat", metadata: { order: "6735", draft: "yes" }, receipt_email: "ada@example.com",
      payment_method_types: ["card"], statement_descriptor: "HATS" });
    assert.match(made.id, /^pi_[0-9A-Za-z]{22}$/);
    assert.equal(made.object, "payment_intent");
    assert.equal(made.status, "requires_payment_method");
    assert.equal(made.amount, 2000);
    assert.equal(made.currency, "usd");
    assert.equal(made.amount_received, 0);
    assert.equal(made.amount_capturable, 0);
    assert.equal(made.capture_method, "automatic");
    assert.equal(made.latest_charge, null);
    assert.equal(made.receipt_email, "ada@example.com");
    assert.equal(made.statement_descriptor, "HATS");
    assert.deepEqual(made.metadata, { order: "6735", draft: "yes" });
    assert.deepEqual(made.payment_method_types, ["card"]);
    assert.ok(Math.abs(made.created - Date.now() / 1000) < 60);
    assert.match(made.lastResponse.requestId, /^\S+$/);
    assert.equal(made.lastResponse.apiVersion, "2026-10-28.endive");
    assert.equal(made.lastResponse.headers["idempotency-key"], made.lastResponse.idempotencyKey);

    const changed = await stripe.paymentIntents.update(made.id, { amount: 2100, description: "", metadata: { draft: "", gift: "1" } });
    assert.equal(changed.amount, 2100);
    assert.equal(changed.description, null);
    assert.deepEqual(changed.metadata, { order: "6735", gift: "1" });
    const bare = await stripe.paymentIntents.update(made.id, { metadata: "" });
    assert.deepEqual(bare.metadata, {});
    await fails(stripe.paymentIntents.confirm(made.id), "StripeInvalidRequestError", { statusCode: 400 });

    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa", expand: ["latest_charge.balance_transaction"] });
    assert.equal(paid.status, "succeeded");
    assert.equal(paid.amount_received, 2100);
    assert.equal(paid.payment_method, "pm_card_visa");
    assert.equal(paid.latest_charge.object, "charge");
    assert.equal(paid.latest_charge.paid, true);
    assert.equal(paid.latest_charge.captured, true);
    assert.equal(paid.latest_charge.payment_intent, made.id);
    assert.equal(paid.latest_charge.payment_method_details.card.last4, "4242");
    assert.equal(paid.latest_charge.payment_method_details.card.brand, "visa");
    assert.ok(paid.latest_charge.payment_method_details.card.exp_year > 2026);
    const entry = paid.latest_charge.balance_transaction;
    assert.equal(entry.object, "balance_transaction");
    assert.equal(entry.type, "charge");
    assert.equal(entry.amount, 2100);
    assert.ok(entry.fee > 0);
    assert.equal(entry.net, 2100 - entry.fee);
    assert.equal(entry.source, paid.latest_charge.id);
    assert.equal(entry.fee_details[0].amount, entry.fee);

    const again = await stripe.paymentIntents.retrieve(made.id);
    assert.equal(again.status, "succeeded");
    assert.equal(again.latest_charge, paid.latest_charge.id);
    await fails(stripe.paymentIntents.update(made.id, { amount: 5 }), "StripeInvalidRequestError", { code: "payment_intent_unexpected_state", statusCode: 400 });
    await fails(stripe.paymentIntents.cancel(made.id), "StripeInvalidRequestError", { code: "payment_intent_unexpected_state" });
  });

  it("a means of payment that is sent along and not stored", async () => {
    const { stripe } = shop;
    const data = { type: "card", card: { token: "tok_mastercard" } };
    const paid = await stripe.paymentIntents.create({ amount: 300, currency: "usd", confirm: true, payment_method_data: data,
      automatic_payment_methods: { enabled: true, allow_redirects: "never" } });
    assert.equal(paid.status, "succeeded");
    assert.equal((await stripe.charges.retrieve(paid.latest_charge)).payment_method_details.card.brand, "mastercard");
    await fails(shop.paid({ payment_method_data: data }), "StripeInvalidRequestError", { code: "parameters_exclusive" });
    await fails(stripe.paymentIntents.create({ amount: 1, currency: "usd", payment_method_data: { type: "card", card: { number: "4242424242424242" } } }),
      "StripeInvalidRequestError", { param: "payment_method_data[card]" });
  });

  it("by hand: held, captured in parts, never more than was held", async () => {
    const { stripe } = shop;
    const held = await shop.paid({ amount: 1000, capture_method: "manual" });
    assert.equal(held.status, "requires_capture");
    assert.equal(held.amount_capturable, 1000);
    const charge = await stripe.charges.retrieve(held.latest_charge);
    assert.equal(charge.captured, false);
    assert.equal(charge.balance_transaction, null);
    const part = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 300, final_capture: false });
    assert.equal(part.status, "requires_capture");
    assert.equal(part.amount_received, 300);
    assert.equal(part.amount_capturable, 700);
    // stripe-stateful-mock captures 200 of 100 (facts, section 6).
    await fails(stripe.paymentIntents.capture(held.id, { amount_to_capture: 701 }), "StripeInvalidRequestError", { code: "amount_too_large", statusCode: 400 });
    const last = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 200 });
    assert.equal(last.status, "succeeded");
    assert.equal(last.amount_received, 500);
    assert.equal(last.amount_capturable, 0);
    await fails(stripe.paymentIntents.capture(held.id), "StripeInvalidRequestError", { code: "payment_intent_unexpected_state" });
    const entries = await stripe.balanceTransactions.list({ source: held.latest_charge });
    assert.deepEqual(entries.data.map(({ amount }) => amount), [200, 300]);
  });

  it("canceled: what was held is let go", async () => {
    const { stripe } = shop;
    const held = await shop.paid({ capture_method: "manual" });
    const canceled = await stripe.paymentIntents.cancel(held.id, { cancellation_reason: "requested_by_customer" });
    assert.equal(canceled.status, "canceled");
    assert.equal(canceled.cancellation_reason, "requested_by_customer");
    assert.ok(canceled.canceled_at >= held.created);
    assert.equal(canceled.amount_capturable, 0);
    const charge = await stripe.charges.retrieve(held.latest_charge);
    assert.equal(charge.refunded, true);
    assert.equal(charge.amount_refunded, 2000);
    await fails(stripe.paymentIntents.capture(held.id), "StripeInvalidRequestError", { code: "payment_intent_unexpected_state" });
  });

  it("a declined card is a card error, and the payment goes on with another card", async () => {
    const { stripe } = shop;
    const error = await fails(shop.paid({ payment_method: "pm_card_chargeDeclined" }), "StripeCardError",
      { statusCode: 402, code: "card_declined", decline_code: "generic_decline" });
    assert.match(error.charge, /^ch_/);
    assert.equal(error.payment_intent.status, "requires_payment_method");
    assert.equal(error.payment_intent.last_payment_error.code, "card_declined");
    assert.match(error.message, /declined/);
    assert.equal(error.payment_method.card.last4, "0002");
    const charge = await stripe.charges.retrieve(error.charge);
    assert.equal(charge.status, "failed");
    assert.equal(charge.paid, false);
    assert.equal(charge.failure_code, "card_declined");
    assert.equal(charge.outcome.reason, "generic_decline");
    await fails(stripe.paymentIntents.confirm(error.payment_intent.id, { payment_method: "pm_card_chargeDeclinedInsufficientFunds" }), "StripeCardError",
      { code: "card_declined", decline_code: "insufficient_funds" });
    await fails(stripe.paymentIntents.confirm(error.payment_intent.id, { payment_method: "pm_card_chargeDeclinedExpiredCard" }), "StripeCardError",
      { code: "expired_card" });
    const held = await fails(shop.paid({ payment_method: "pm_card_chargeDeclined", capture_method: "manual" }), "StripeCardError");
    await stripe.paymentIntents.confirm(held.payment_intent.id, { payment_method: "pm_card_visa" });
    // The declined charge is not the one that can be captured.
    await fails(stripe.charges.capture(held.charge), "StripeInvalidRequestError", { statusCode: 400 });
    assert.equal((await stripe.paymentIntents.retrieve(held.payment_intent.id)).amount_received, 0);
    const paid = await stripe.paymentIntents.confirm(error.payment_intent.id, { payment_method: "pm_card_mastercard" });
    assert.equal(paid.status, "succeeded");
    assert.equal(paid.last_payment_error, null);
    const charges = await stripe.charges.list({ payment_intent: paid.id });
    assert.deepEqual(charges.data.map(({ status }) => status), ["succeeded", "failed", "failed", "failed"]);
  });

  it("a customer who has to authenticate", async () => {
    const { stripe } = shop;
    const asked = await shop.paid({ payment_method: "pm_card_authenticationRequired", return_url: "https://example.com/back" });
    assert.equal(asked.status, "requires_action");
    assert.equal(asked.next_action.type, "redirect_to_url");
    assert.match(asked.next_action.redirect_to_url.url, /^https?:\/\//);
    await fails(shop.paid({ payment_method: "pm_card_authenticationRequired", off_session: true }), "StripeCardError",
      { statusCode: 402, code: "authentication_required" });
    await fails(shop.paid({ payment_method: "pm_card_authenticationRequired", error_on_requires_action: true }), "StripeCardError",
      { code: "authentication_required" });
    assert.equal((await stripe.paymentIntents.cancel(asked.id)).status, "canceled");
  });

  it("an answer that is lost: processing, then what the provider says when it is asked", async () => {
    const { stripe } = shop;
    const paid = await shop.paid({ payment_method: "pm_card_answerLost" });
    assert.equal(paid.status, "processing");
    const done = await eventually("the payment is resolved", async () => {
      const now = await stripe.paymentIntents.retrieve(paid.id);
      return now.status !== "processing" && now;
    }, 20_000, 200);
    assert.equal(done.status, "succeeded");
    assert.equal(done.amount_received, 2000);
    assert.equal((await stripe.charges.list({ payment_intent: paid.id })).data.length, 1);
  });
}

export function charges(it, shop) {
  it("charges: looked at, changed, captured, listed", async () => {
    const { stripe } = shop;
    const customer = await stripe.customers.create({ name: "Ada" });
    const held = await shop.paid({ amount: 900, capture_method: "manual", customer: customer.id, description: "Of the intent" });
    const changed = await stripe.charges.update(held.latest_charge, { description: "Of the charge", metadata: { a: "1" }, receipt_email: "eve@example.com" });
    assert.equal(changed.description, "Of the charge");
    assert.equal(changed.receipt_email, "eve@example.com");
    assert.deepEqual(changed.metadata, { a: "1" });
    assert.equal((await stripe.paymentIntents.retrieve(held.id)).description, "Of the intent");
    const captured = await stripe.charges.capture(held.latest_charge, { amount: 400 });
    assert.equal(captured.object, "charge");
    assert.equal(captured.id, held.latest_charge);
    assert.equal(captured.captured, true);
    assert.equal(captured.amount, 900);
    assert.equal(captured.amount_captured, 400);
    assert.equal(captured.refunded, false);
    const looked = await stripe.charges.retrieve(held.latest_charge, { expand: ["payment_intent", "customer", "balance_transaction"] });
    assert.equal(looked.payment_intent.id, held.id);
    assert.equal(looked.payment_intent.status, "succeeded");
    assert.equal(looked.customer.name, "Ada");
    assert.equal(looked.balance_transaction.amount, 400);
    const listed = await stripe.charges.list({ customer: customer.id });
    assert.deepEqual(listed.data.map(({ id }) => id), [held.latest_charge]);
    assert.equal(listed.has_more, false);
    await fails(stripe.charges.capture(held.latest_charge), "StripeInvalidRequestError", { statusCode: 400 });
    await fails(stripe.charges.capture("ch_none"), "StripeInvalidRequestError", { statusCode: 404, code: "resource_missing" });
  });
}

export function refunds(it, shop) {
  it("refunds in parts, at most what was taken", async () => {
    const { stripe } = shop;
    const paid = await shop.paid({ amount: 1000 });
    const first = await stripe.refunds.create({ payment_intent: paid.id, amount: 600, reason: "requested_by_customer", metadata: { by: "ada" } });
    assert.match(first.id, /^re_/);
    assert.equal(first.object, "refund");
    assert.equal(first.status, "succeeded");
    assert.equal(first.amount, 600);
    assert.equal(first.charge, paid.latest_charge);
    assert.equal(first.payment_intent, paid.id);
    assert.equal(first.reason, "requested_by_customer");
    // Hyperswitch#13182, Blnk#152: two of 600 out of 1000.
    await fails(stripe.refunds.create({ payment_intent: paid.id, amount: 600 }), "StripeInvalidRequestError", { statusCode: 400 });
    const rest = await stripe.refunds.create({ charge: paid.latest_charge });
    assert.equal(rest.amount, 400);
    await fails(stripe.refunds.create({ charge: paid.latest_charge }), "StripeInvalidRequestError", { code: "charge_already_refunded", statusCode: 400 });
    const charge = await stripe.charges.retrieve(paid.latest_charge, { expand: ["refunds"] });
    assert.equal(charge.refunded, true);
    assert.equal(charge.amount_refunded, 1000);
    assert.deepEqual(charge.refunds.data.map(({ id }) => id), [rest.id, first.id]);
    const looked = await stripe.refunds.retrieve(first.id, { expand: ["balance_transaction", "charge.customer", "payment_intent"] });
    assert.equal(looked.balance_transaction.type, "refund");
    assert.equal(looked.balance_transaction.amount, -600);
    assert.equal(looked.charge.amount_refunded, 1000);
    assert.equal(looked.payment_intent.id, paid.id);
    const changed = await stripe.refunds.update(first.id, { metadata: { by: "", checked: "yes" } });
    assert.deepEqual(changed.metadata, { checked: "yes" });
    assert.deepEqual((await stripe.refunds.list({ payment_intent: paid.id })).data.map(({ id }) => id), [rest.id, first.id]);
    assert.deepEqual((await stripe.refunds.list({ charge: paid.latest_charge, limit: 1 })).data.map(({ id }) => id), [rest.id]);
    await fails(stripe.refunds.cancel(first.id), "StripeInvalidRequestError", { statusCode: 400 });
  });

  it("a refund that takes its time, and one that fails later", async () => {
    const { stripe } = shop;
    const slow = await shop.paid({ payment_method: "pm_card_pendingRefund" });
    const pending = await stripe.refunds.create({ payment_intent: slow.id });
    assert.equal(pending.status, "pending");
    const failing = await shop.paid({ payment_method: "pm_card_refundFail" });
    const refund = await stripe.refunds.create({ payment_intent: failing.id });
    const failed = await eventually("the refund has failed", async () => {
      const now = await stripe.refunds.retrieve(refund.id);
      return now.status === "failed" && now;
    }, 20_000, 200);
    assert.ok(failed.failure_reason.length > 0);
    assert.equal((await stripe.charges.retrieve(failing.latest_charge)).refunded, false);
  });

  it("a refund that the provider has is not canceled", async () => {
    const { stripe } = shop;
    const paid = await shop.paid({ payment_method: "pm_card_pendingRefund" });
    const refund = await stripe.refunds.create({ payment_intent: paid.id });
    const error = await fails(stripe.refunds.cancel(refund.id), "StripeInvalidRequestError", { statusCode: 400 });
    assert.match(error.message, /refund is/);
    await fails(stripe.refunds.cancel("re_none"), "StripeInvalidRequestError", { statusCode: 404, code: "resource_missing" });
  });
}
