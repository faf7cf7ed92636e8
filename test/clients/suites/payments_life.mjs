// The life of a payment: paid at once, captured in parts, canceled, declined, listed, changed.
import assert from "node:assert/strict";
import { freshKey } from "../support/till.mjs";
import { assertProblem } from "./links.mjs";

export function life(it, shop) {
  it("create and confirm at once: the money is there", async () => {
    const { till } = shop;
    const made = await till.paid({ merchant_reference: "order-1", metadata: { order: "6735" }, description: "A hat" });
    assert.equal(made.status, 201, made.text);
    const payment = made.json;
    assert.match(payment.id, /^pay_[0-9A-Za-z]{22}$/);
    assert.equal(made.headers.location, `/v1/payments/${payment.id}`);
    assert.equal(payment.state, "succeeded");
    assert.equal(payment.amount, 1050);
    assert.equal(payment.currency, "EUR");
    assert.equal(payment.amount_captured, 1050);
    assert.equal(payment.amount_capturable, 0);
    assert.equal(payment.amount_refundable, 1050);
    assert.equal(payment.decline, null);
    assert.deepEqual(payment.metadata, { order: "6735" });
    assert.equal(payment.attempts.length, 1);
    assert.equal(payment.attempts[0].state, "authorized");
    assert.equal(payment.attempts[0].provider, "sandbox");
    assert.equal(payment.attempts[0].last4, "4242");
    assert.equal(payment.captures.length, 1);
    assert.ok(payment.captures[0].fee > 0 && payment.captures[0].fee < 1050);
    assert.deepEqual(await till.get(payment.id), payment);
  });

  it("create, confirm, capture in parts: what is left stays held, then is released", async () => {
    const { till } = shop;
    const made = await till.pay({ amount: 1000, capture: "manual" });
    assert.equal(made.json.state, "needs_method");
    const id = made.json.id;
    const confirmed = await till.act(id, "confirm", { payment_method: "pm_card_visa" });
    assert.equal(confirmed.status, 200, confirmed.text);
    assert.equal(confirmed.json.state, "capturable");
    assert.equal(confirmed.json.amount_capturable, 1000);
    const part = await till.act(id, "capture", { amount: 300, last: false });
    assert.equal(part.status, 200, part.text);
    assert.equal(part.json.state, "capturable");
    assert.equal(part.json.amount_captured, 300);
    assert.equal(part.json.amount_capturable, 700);
    // Blnk#62, stripe-stateful-mock: more than is held.
    assertProblem(await till.act(id, "capture", { amount: 701 }), 422, "amount_too_large", "/amount");
    const last = await till.act(id, "capture", { amount: 200 });
    assert.equal(last.json.state, "succeeded");
    assert.equal(last.json.amount_captured, 500);
    assert.equal(last.json.amount_capturable, 0);
    assertProblem(await till.act(id, "capture", {}), 409, "payment_state");
  });

  it("cancel releases what is held; twice is refused", async () => {
    const { till } = shop;
    const held = await till.paid({ capture: "manual" });
    const canceled = await till.act(held.json.id, "cancel", { reason: "requested_by_customer" });
    assert.equal(canceled.status, 200, canceled.text);
    assert.equal(canceled.json.state, "canceled");
    assert.equal(canceled.json.cancel_reason, "requested_by_customer");
    assert.notEqual(canceled.json.canceled_at, null);
    assertProblem(await till.act(held.json.id, "cancel"), 409, "payment_state");  // Blnk#41
    assertProblem(await till.act(held.json.id, "capture"), 409, "payment_state");
  });

  it("a decline is a 402 with its code and the payment; the next card pays the same payment", async () => {
    const { till } = shop;
    const key = freshKey();
    const refused = await till.paid({ payment_method: "pm_card_chargeDeclinedInsufficientFunds" }, key);
    assert.equal(refused.status, 402, refused.text);
    assert.equal(refused.headers["content-type"], "application/problem+json");
    assert.equal(refused.json.reason, "payment_declined");
    assert.equal(refused.json.decline_code, "insufficient_funds");
    assert.equal(refused.json.payment.state, "needs_method");
    assert.equal(refused.json.payment.amount_captured, 0);
    const again = await till.paid({ payment_method: "pm_card_chargeDeclinedInsufficientFunds" }, key);
    assert.deepEqual(again.body, refused.body);
    assert.equal(again.status, 402);
    assert.equal(again.headers["idempotency-replayed"], "true");
    const id = refused.json.payment.id;
    assert.equal((await till.get(id)).decline.code, "insufficient_funds");
    const paid = await till.act(id, "confirm", { payment_method: "pm_card_visa" });
    assert.equal(paid.json.state, "succeeded", paid.text);
    assert.equal(paid.json.attempts.length, 2);
    assert.equal(paid.json.decline, null);
  });

  it("a customer who has to authenticate", async () => {
    const { till } = shop;
    const asked = await till.paid({ payment_method: "pm_card_authenticationRequired" });
    assert.equal(asked.status, 201, asked.text);
    assert.equal(asked.json.state, "needs_action");
    assert.equal(asked.json.next_action.type, "redirect");
    assert.match(asked.json.next_action.url, /^http/);
    const off = await till.paid({ payment_method: "pm_card_authenticationRequired", off_session: true });
    assert.equal(off.status, 402, off.text);
    assert.equal(off.json.decline_code, "authentication_required");
    const canceled = await till.act(asked.json.id, "cancel");
    assert.equal(canceled.json.state, "canceled", canceled.text);
  });

  it("lists: newest first, by state, by customer, by merchant_reference, page by page", async () => {
    const { till, api } = shop;
    const reference = `list-${freshKey()}`;
    const ids = [];
    for (let i = 0; i < 5; ++i) ids.push((await till.pay({ merchant_reference: `${reference}-${i}` })).json.id);
    const seen = [];
    let path = "/v1/payments?limit=2&state=needs_method";
    for (let pages = 0; path && pages < 50 && seen.length < 5; ++pages) {
      const page = await api.get(path);
      assert.equal(page.status, 200, page.text);
      seen.push(...page.json.data.map((payment) => payment.id));
      path = page.json.next_cursor && `/v1/payments?limit=2&state=needs_method&cursor=${encodeURIComponent(page.json.next_cursor)}`;
    }
    assert.deepEqual(seen.slice(0, 5), ids.toReversed());
    const found = await api.get(`/v1/payments?merchant_reference=${reference}-3`);
    assert.deepEqual(found.json.data.map((payment) => payment.id), [ids[3]]);
    assertProblem(await api.get("/v1/payments?state=paid"), 400, "invalid_request", "?state");
    assertProblem(await api.get("/v1/payments?cursor=nonsense"), 400, "invalid_cursor");
    const none = await api.get("/v1/payments?created_from=2100-01-01T00:00:00Z");
    assert.deepEqual(none.json.data, []);
  });

  it("what was said of a payment changes; its money does not once it was asked for", async () => {
    const { till, api } = shop;
    const made = (await till.pay({ metadata: { a: "1", b: "2" }, description: "old" })).json;
    const changed = await api.patch(`/v1/payments/${made.id}`, { amount: 2000, description: null, metadata: { a: null, c: "3" } });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.json.amount, 2000);
    assert.equal(changed.json.description, null);
    assert.deepEqual(changed.json.metadata, { b: "2", c: "3" });
    const paid = (await till.paid()).json;
    assertProblem(await api.patch(`/v1/payments/${paid.id}`, { amount: 5 }), 409, "payment_state");
    assert.equal((await api.patch(`/v1/payments/${paid.id}`, { metadata: { note: "sent" } })).json.metadata.note, "sent");
  });
}
