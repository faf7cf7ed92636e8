// Payments by the native API: the life of a payment, keys, declines, what is unknown, disputes, payouts, and who may do what.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

let counter = 0;
export const freshKey = () => `key-${process.pid}-${++counter}`;

// Calls as a program makes them: each that moves money under a key of its own unless it is given one.
export class Till {
  constructor(api) {
    this.api = api;
  }
  post(path, body, key = freshKey()) {
    return this.api.post(path, body, { headers: { "Idempotency-Key": key } });
  }
  pay(body, key) {
    return this.post("/v1/payments", { amount: 1050, currency: "EUR", ...body }, key);
  }
  paid(body, key) {
    return this.pay({ payment_method: "pm_card_visa", confirm: true, ...body }, key);
  }
  act(id, what, body = {}, key) {
    return this.post(`/v1/payments/${id}/${what}`, body, key);
  }
  async get(id) {
    const answer = await this.api.get(`/v1/payments/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }
  async until(id, what, fits, limit_ms = 15_000) {
    return eventually(`${id} is ${what}`, async () => {
      const payment = await this.get(id);
      return fits(payment) && payment;
    }, limit_ms);
  }
}

// What the sandbox's bank has in its book: moves of money by kind.
export function bankMoves(server, tenant = "demo") {
  const exported = server.cli("tenant", "export", tenant);
  assert.equal(exported.code, 0, exported.stderr);
  return exported.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((row) => row.table === "sandbox_moves");
}

function life(it, shop) {
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

function refunds(it, shop) {
  it("refunds in parts, at most what was taken", async () => {
    const { till, api } = shop;
    const { id } = (await till.paid({ amount: 1000 })).json;
    const first = await till.act(id, "refunds", { amount: 600, reason: "requested_by_customer", metadata: { by: "ada" } });
    assert.equal(first.status, 201, first.text);
    assert.equal(first.json.payment, id);
    assert.equal(first.json.amount, 600);
    assert.match(first.json.state, /^(succeeded|pending)$/);
    assert.equal(first.headers.location, `/v1/payments/${id}/refunds/${first.json.id}`);
    assert.equal((await api.get(first.headers.location)).json.id, first.json.id);
    assertProblem(await till.act(id, "refunds", { amount: 401 }), 422, "amount_too_large", "/amount");  // Blnk#152
    const rest = await till.act(id, "refunds");
    assert.equal(rest.json.amount, 400, rest.text);
    const payment = await till.get(id);
    assert.equal(payment.amount_refunded, 1000);
    assert.equal(payment.amount_refundable, 0);
    assert.equal(payment.state, "succeeded");
    const listed = await api.get(`/v1/payments/${id}/refunds`);
    assert.deepEqual(listed.json.data.map((refund) => refund.id), [rest.json.id, first.json.id]);
    assertProblem(await till.act(id, "refunds"), 409, "charge_already_refunded");
  });

  it("two refunds of 60 on 100 at once: one is refused (Hyperswitch#13182)", async () => {
    const { till } = shop;
    const { id } = (await till.paid({ amount: 100 })).json;
    const both = await Promise.all([till.act(id, "refunds", { amount: 60 }), till.act(id, "refunds", { amount: 60 })]);
    assert.deepEqual(both.map(({ status }) => status).sort().map((status) => status === 201), [true, false], both.map((one) => one.text).join("\n"));
    assert.equal((await till.get(id)).amount_refunded, 60);
  });

  it("a refund that fails gives the money back to the merchant", async () => {
    const { till } = shop;
    const { id } = (await till.paid({ payment_method: "pm_card_refundFail" })).json;
    const refund = (await till.act(id, "refunds")).json;
    const payment = await till.until(id, "not refunded", (p) => p.refunds[0].state === "failed");
    assert.equal(payment.refunds[0].id, refund.id);
    assert.equal(payment.amount_refunded, 0);
    assert.equal(payment.amount_refundable, 1050);
  });

  it("nothing is refunded before it was taken", async () => {
    const { till } = shop;
    const { id } = (await till.paid({ capture: "manual" })).json;
    assertProblem(await till.act(id, "refunds", { amount: 10 }), 409, "payment_state");
    assertProblem(await till.act("pay_doesnotexist", "refunds"), 404, "payment_not_found");
  });
}

function disputes(it, shop) {
  const disputed = async (till) => {
    const { id } = (await till.paid({ amount: 5000, payment_method: "pm_card_createDispute" })).json;
    const payment = await till.until(id, "disputed", (p) => p.disputes.length === 1);
    return payment;
  };

  it("a dispute takes the money; good evidence brings it back", async () => {
    const { till, api } = shop;
    const payment = await disputed(till);
    const [dispute] = payment.disputes;
    assert.equal(dispute.state, "needs_response");
    assert.equal(dispute.reason, "fraudulent");
    assert.equal(dispute.amount, 5000);
    assert.equal(payment.amount_disputed, 5000);
    assert.equal(payment.amount_refundable, 0);
    assertProblem(await till.act(payment.id, "refunds", { amount: 10 }), 409, "charge_disputed");
    assert.ok((await api.get("/v1/disputes")).json.data.some(({ id }) => id === dispute.id));
    const told = await till.post(`/v1/disputes/${dispute.id}/evidence`, { evidence: { uncategorized_text: "winning_evidence" } });
    assert.equal(told.status, 200, told.text);
    assert.equal(told.json.state, "under_review");
    const won = await till.until(payment.id, "won", (p) => p.disputes[0].state === "won");
    assert.equal(won.amount_disputed, 0);
    assert.equal(won.amount_refundable, 5000);
    assertProblem(await till.post(`/v1/disputes/${dispute.id}/close`), 409, "dispute_state");
  });

  it("a dispute that is given in is lost", async () => {
    const { till, api } = shop;
    const payment = await disputed(till);
    const { id } = payment.disputes[0];
    const lost = await till.post(`/v1/disputes/${id}/close`);
    assert.equal(lost.status, 200, lost.text);
    assert.equal(lost.json.state, "lost");
    assert.equal((await api.get(`/v1/disputes/${id}`)).json.state, "lost");
    assert.equal((await till.get(payment.id)).amount_disputed, 5000);
    assertProblem(await api.get("/v1/disputes/dp_none"), 404, "dispute_not_found");
  });
}

function keys(it, shop) {
  it("what moves money needs a key", async () => {
    const { api, till } = shop;
    const { id } = (await till.pay()).json;
    for (const path of ["/v1/payments", `/v1/payments/${id}/confirm`, `/v1/payments/${id}/capture`, `/v1/payments/${id}/cancel`,
      `/v1/payments/${id}/refunds`, "/v1/payouts"]) {
      assertProblem(await api.post(path, path.startsWith("/v1/pay") && path.split("/").length === 3 ? { amount: 5, currency: "EUR" } : {}), 400,
        "idempotency_key_required");
    }
    for (const key of ["two words", '"open', "x".repeat(256), '""']) {
      assertProblem(await till.pay({}, key), 400, "bad_idempotency_key");
    }
  });

  it("the same key and request again: the same bytes, nothing done; quoted or bare, members in any order", async () => {
    const { api, till, server } = shop;
    const key = freshKey();
    const first = await till.paid({ merchant_reference: "replayed" }, key);
    assert.equal(first.status, 201, first.text);
    assert.equal(first.headers["idempotency-replayed"], undefined);
    const before = bankMoves(server).length;
    const bodies = [
      { amount: 1050, currency: "EUR", payment_method: "pm_card_visa", confirm: true, merchant_reference: "replayed" },
      { merchant_reference: "replayed", confirm: true, payment_method: "pm_card_visa", currency: "EUR", amount: 1050 },
    ];
    for (const header of [key, `"${key}"`]) {
      for (const body of bodies) {
        const again = await api.post("/v1/payments", body, { headers: { "Idempotency-Key": header } });
        assert.equal(again.status, 201);
        assert.deepEqual(again.body, first.body);
        assert.equal(again.headers.location, first.headers.location);
        assert.equal(again.headers["content-type"], first.headers["content-type"]);
        assert.equal(again.headers["idempotency-replayed"], "true");
      }
    }
    assert.equal(bankMoves(server).length, before);
    // The first answer for good, whatever has become of the payment since.
    await till.act(first.json.id, "refunds");
    assert.deepEqual((await till.paid({ merchant_reference: "replayed" }, key)).body, first.body);
  });

  it("another request under a used key is refused, on another path too", async () => {
    const { till } = shop;
    const key = freshKey();
    const { id } = (await till.paid({}, key)).json;
    assertProblem(await till.paid({ amount: 1051 }, key), 422, "idempotency_key_reused");
    assertProblem(await till.act(id, "refunds", {}, key), 422, "idempotency_key_reused");
    assert.equal((await till.get(id)).amount_refunded, 0);
  });

  it("what was refused uses no key up", async () => {
    const { till } = shop;
    const key = freshKey();
    assertProblem(await till.pay({ amount: 0 }, key), 422, "invalid_request", "/amount");
    assertProblem(await till.pay({ currency: "EURO" }, key), 422, "invalid_request", "/currency");
    assert.equal((await till.pay({}, key)).status, 201);
  });

  it("fifty at once with one key: one payment, one movement of money", async () => {
    const { till, server } = shop;
    await fiftyAtOnce([till], server);
  });

  it("a merchant reference is used once, for ever, whatever the key", async () => {
    const { till } = shop;
    const reference = `order-${freshKey()}`;
    assert.equal((await till.pay({ merchant_reference: reference })).status, 201);
    assertProblem(await till.pay({ merchant_reference: reference }), 409, "merchant_reference_used");
  });

  it("the provider did nothing: 503, and the key is free for the retry", async () => {
    const { till } = shop;
    const key = freshKey();
    const away = await till.paid({ payment_method: "pm_card_notDone" }, key);
    assertProblem(away, 503, "provider_unavailable");
    assert.equal((await till.paid({ payment_method: "pm_card_visa" }, key)).status, 201);
  });
}

// Each mutating call 50 times at once, spread over `tills`: exactly one effect, and one answer for all who are not told to wait.
export async function fiftyAtOnce(tills, server, kMany = 50) {
  const spread = async (ask) => {
    const answers = await Promise.all(Array.from({ length: kMany }, (_, i) => ask(tills[i % tills.length], i)));
    const settled = answers.filter(({ status, json }) => !(status === 409 && json.reason === "idempotency_key_in_use"));
    return { answers, settled, waiting: answers.length - settled.length };
  };
  const oneAnswer = ({ answers, settled }, status) => {
    assert.ok(settled.length >= 1, "somebody was answered");
    for (const answer of settled) {
      assert.equal(answer.status, status, answer.text);
      assert.deepEqual(answer.body, settled[0].body);
    }
    assert.equal(settled.filter((answer) => answer.headers["idempotency-replayed"] !== "true").length, 1, answers.map((a) => a.status).join(" "));
    return settled[0].json;
  };
  const key = () => freshKey();
  const [till] = tills;

  const create = key();
  const made = oneAnswer(await spread((one) => one.pay({ amount: 900, capture: "manual", payment_method: "pm_card_visa" }, create)), 201);
  const confirm = key();
  oneAnswer(await spread((one) => one.act(made.id, "confirm", {}, confirm)), 200);
  const capture = key();
  oneAnswer(await spread((one) => one.act(made.id, "capture", { amount: 900 }, capture)), 200);
  const refund = key();
  oneAnswer(await spread((one) => one.act(made.id, "refunds", { amount: 100 }, refund)), 201);
  let payment = await till.get(made.id);
  assert.equal(payment.attempts.length, 1);
  assert.equal(payment.amount_captured, 900);
  assert.equal(payment.amount_refunded, 100);
  assert.equal(payment.refunds.length, 1);

  // The same key with bodies that differ: one wins, others are told so.
  const mixed = key();
  const { answers } = await spread((one, i) => one.act(made.id, "refunds", { amount: 100 + i }, mixed));
  const done = answers.filter(({ status }) => status === 201);
  assert.ok(done.length >= 1);
  assert.equal(new Set(done.map(({ text }) => text)).size, 1);
  for (const { status, json } of answers) {
    if (status === 201) continue;
    assert.ok((status === 422 && json.reason === "idempotency_key_reused") || (status === 409 && json.reason === "idempotency_key_in_use"), JSON.stringify(json));
  }
  payment = await till.get(made.id);
  assert.equal(payment.refunds.length, 2);

  // Keys that differ, one thing to be had: one gets it.
  const held = (await till.paid({ amount: 500, capture: "manual" })).json;
  const captures = (await spread((one) => one.act(held.id, "capture"))).answers;
  assert.equal(captures.filter(({ status }) => status === 200).length, 1, captures.map((a) => a.status).join(" "));
  assert.equal((await till.get(held.id)).amount_captured, 500);

  const references = payment.refunds.map((one) => one.id).length;
  const moves = bankMoves(server).filter(({ key: call }) => call.startsWith(made.id) || call.startsWith(held.id));
  const count = (fits) => moves.filter(fits).length;
  assert.equal(count(({ gross, key: call }) => gross > 0 && call.startsWith(made.id)), 1, JSON.stringify(moves));
  assert.equal(count(({ gross, key: call }) => gross < 0 && call.startsWith(made.id)), references, JSON.stringify(moves));
  assert.equal(count(({ gross, key: call }) => gross > 0 && call.startsWith(held.id)), 1, JSON.stringify(moves));
}

function unknown(it, shop) {
  it("the answer is lost: processing, and found out by asking; the money moved once", async () => {
    const { till, server } = shop;
    const key = freshKey();
    const body = { payment_method: "pm_card_answerLost", amount: 777 };
    const lost = await till.paid(body, key);
    assert.ok([201, 202].includes(lost.status), lost.text);
    const { id } = lost.json;
    if (lost.json.state === "processing") {
      assert.equal(lost.status, 202);
      assertProblem(await till.act(id, "cancel"), 409, "payment_in_progress");  // Kill Bill#639, Medusa#13301
    }
    const paid = await till.until(id, "found out", (p) => p.state === "succeeded", 40_000);
    assert.equal(paid.amount_captured, 777);
    assert.equal(paid.attempts.length, 1);
    assert.deepEqual((await till.paid(body, key)).body, lost.body);
    assert.equal(bankMoves(server).filter(({ key: call }) => call.startsWith(id)).length, 1);
  });

  it("the call arrives late, when it has long been asked about: the money moved once", async () => {
    const { till, server } = shop;
    const late = await till.paid({ payment_method: "pm_card_arrivesLate", amount: 888 });
    assert.equal(late.status, 202, late.text);
    const paid = await till.until(late.json.id, "found out", (p) => p.state === "succeeded", 40_000);
    assert.equal(paid.amount_captured, 888);
    assert.equal(bankMoves(server).filter(({ key: call }) => call.startsWith(late.json.id)).length, 1);
  });

  it("every call is lost: nothing has moved, nothing is told that is not known, and its key says so for good", async () => {
    const { till, server } = shop;
    const key = freshKey();
    const lost = await till.paid({ payment_method: "pm_card_callLost" }, key);
    assert.equal(lost.status, 202, lost.text);
    assert.equal(lost.json.state, "processing");
    assertProblem(await till.act(lost.json.id, "confirm", { payment_method: "pm_card_visa" }), 409, "payment_in_progress");
    assert.equal(bankMoves(server).filter(({ key: call }) => call.startsWith(lost.json.id)).length, 0);
    assert.deepEqual((await till.paid({ payment_method: "pm_card_callLost" }, key)).body, lost.body);
    const gauge = async () => Number(/^ashlar_payments_unknown (\d+)/m.exec((await till.api.get("/metrics")).text)?.[1]);
    await eventually("the gauge tells of it", async () => (await gauge()) >= 1);
  });
}

function people(it, shop) {
  it("customers and their payment methods", async () => {
    const { till, api } = shop;
    const ada = await api.post("/v1/customers", { name: "Ada", email: "ada@example.com", metadata: { tier: "gold" } });
    assert.equal(ada.status, 201, ada.text);
    assert.match(ada.json.id, /^cus_/);
    assert.equal(ada.headers.location, `/v1/customers/${ada.json.id}`);
    const card = await api.post("/v1/payment-methods", { token: "pm_card_mastercard" });
    assert.equal(card.status, 201, card.text);
    assert.equal(card.json.network, "mastercard");
    assert.equal(card.json.last4, "4444");
    const attached = await api.post(`/v1/payment-methods/${card.json.id}/attach`, { customer: ada.json.id });
    assert.equal(attached.json.customer, ada.json.id, attached.text);
    const changed = await api.patch(`/v1/customers/${ada.json.id}`, { default_payment_method: card.json.id, name: "Ada L." });
    assert.equal(changed.json.default_payment_method, card.json.id, changed.text);
    assert.equal(changed.json.name, "Ada L.");
    const paid = await till.paid({ customer: ada.json.id, payment_method: card.json.id });
    assert.equal(paid.json.state, "succeeded", paid.text);
    assert.equal(paid.json.attempts[0].network, "mastercard");
    assert.deepEqual((await api.get(`/v1/payments?customer=${ada.json.id}`)).json.data.map(({ id }) => id), [paid.json.id]);
    assert.deepEqual((await api.get(`/v1/payment-methods?customer=${ada.json.id}`)).json.data.map(({ id }) => id), [card.json.id]);
    assert.ok((await api.get("/v1/customers?email=ada%40example.com")).json.data.length >= 1);
    assert.equal((await api.post(`/v1/payment-methods/${card.json.id}/detach`)).json.customer, null);
    assert.equal((await api.delete(`/v1/customers/${ada.json.id}`)).status, 204);
    assertProblem(await api.get(`/v1/customers/${ada.json.id}`), 404, "customer_not_found");
    assertProblem(await till.pay({ customer: ada.json.id }), 404, "customer_not_found");
  });

  it("a card number is refused in every field, stored and logged nowhere", async () => {
    const { till, api, server } = shop;
    const number = "4242 4242-4242 4242";
    const bare = number.replace(/[ -]/g, "");
    for (const ask of [
      till.pay({ payment_method: bare }), till.pay({ description: `card ${number}` }), till.pay({ metadata: { card: number } }),
      till.pay({ merchant_reference: bare }), api.post("/v1/customers", { name: number }), api.post("/v1/payment-methods", { token: bare }),
      api.post("/v1/customers", { metadata: { [bare]: "x" } }),
    ]) {
      const refused = await ask;
      assertProblem(refused, 422, "card_number_refused");
      assert.ok(!refused.text.includes("4242"));
    }
    assert.ok(!server.stderr.includes("4242424242424242") && !server.stderr.includes(number));
    const exported = server.cli("tenant", "export", "demo").stdout;
    assert.ok(!exported.includes(bare) && !exported.includes(number));
    // What only looks a little like one passes: wrong check digit.
    assert.equal((await till.pay({ metadata: { order: "4242424242424241" } })).status, 201);
  });

  it("a payout sends what is available, and no more", async () => {
    const { till, api } = shop;
    await till.paid({ amount: 20_000, currency: "CHF" });
    const of = async () => (await api.get("/v1/payments/balance")).json.balances.find(({ currency }) => currency === "CHF");
    const balance = await eventually("the money is available", async () => {
      const now = await of();
      return now && now.available > 0 && now;
    }, 30_000);
    assertProblem(await till.post("/v1/payouts", { amount: balance.available + 1, currency: "CHF" }), 409, "balance_insufficient");
    const payout = await till.post("/v1/payouts", { amount: 5000, currency: "CHF", metadata: { week: "47" } });
    assert.equal([201, 202].includes(payout.status), true, payout.text);
    assert.equal((await of()).available, balance.available - 5000);
    const paid = await eventually("it is paid", async () => {
      const now = (await api.get(`/v1/payouts/${payout.json.id}`)).json;
      return now.state === "paid" && now;
    }, 20_000);
    assert.equal(paid.amount, 5000);
    assert.ok((await api.get("/v1/payouts")).json.data.some(({ id }) => id === payout.json.id));
  });
}

function around(it, shop) {
  it("explain tells the whole story, by API and by command line beside the running server", async () => {
    const { till, api, server } = shop;
    const { id } = (await till.paid({ amount: 1234 }, "explained")).json;
    await till.act(id, "refunds", { amount: 34 });
    const story = await api.get(`/v1/payments/${id}/explain`);
    assert.equal(story.status, 200, story.text);
    const kinds = new Set(story.json.lines.map((line) => line.kind));
    for (const kind of ["event", "call", "journal"]) assert.ok(kinds.has(kind), kind);
    const whats = story.json.lines.map((line) => line.what);
    for (const what of ["payment.created", "payment.authorized", "payment.captured", "refund.created"]) assert.ok(whats.includes(what), whats.join(" "));
    assert.ok(story.json.lines.some((line) => line.idempotency_key === "explained"));
    const times = story.json.lines.map((line) => line.at);
    assert.ok(times.every((at, i) => i === 0 || Date.parse(times[i - 1]) <= Date.parse(at)), times.join(" "));
    const told = server.cli("payments", "explain", id);
    assert.equal(told.code, 0, told.stderr);
    assert.equal(told.stdout.trim().split("\n").length, story.json.lines.length + 1);
    assert.match(told.stdout, /payment\.captured/);
    assert.match(told.stdout, /merchant:pending/);
    assert.equal(server.cli("payments", "explain", "pay_none").code, 1);
    assert.equal(server.cli("payments", "explain", id, "--tenant", "demo").code, 0);
  });

  it("scopes decide, and tenants are apart", async () => {
    const { till, server } = shop;
    server.newTenant("shop-two");
    const { id } = (await till.paid()).json;
    const reader = server.client(server.newKey("demo", "payments:read"));
    const writer = server.client(server.newKey("demo", "payments:write"));
    const other = server.client(server.newKey("shop-two", "payments:read", "payments:write"));
    assert.equal((await reader.get(`/v1/payments/${id}`)).status, 200);
    assertProblem(await new Till(reader).pay(), 403, "missing_scope");
    assertProblem(await writer.get(`/v1/payments/${id}`), 403, "missing_scope");
    assert.equal((await new Till(writer).pay()).status, 201);
    assertProblem(await other.get(`/v1/payments/${id}`), 404, "payment_not_found");
    assertProblem(await new Till(other).act(id, "refunds"), 404, "payment_not_found");
    assert.deepEqual((await other.get("/v1/payments")).json.data, []);
    const mine = await new Till(other).paid({ merchant_reference: "order-1" }, "key-of-both");
    assert.equal(mine.status, 201, mine.text);
    assert.notEqual((await till.paid({ merchant_reference: "order-of-both" }, "key-of-both")).json.id, mine.json.id);
    for (const client of [reader, writer, other]) client.close();
  });

  it("events tell of it", async () => {
    const { till, api } = shop;
    const { id } = (await till.paid()).json;
    const types = await eventually("its events are published", async () => {
      const page = await api.get("/v1/events?limit=100");
      const found = page.json.data.filter((event) => JSON.stringify(event).includes(id)).map((event) => event.type);
      return found.includes("payment.captured") && found;
    });
    for (const type of ["payment.created", "payment.authorized"]) assert.ok(types.includes(type), types.join(" "));
  });

  it("a provider's webhook needs the provider's signature", async () => {
    const { api } = shop;
    const body = '{"id":"evt_1"}';
    assertProblem(await api.post("/v1/payments/webhooks/sandbox", body, { key: null }), 401, "notice_signature");
    assertProblem(await api.post("/v1/payments/webhooks/nobody", body, { key: null }), 404, "provider_not_found");
  });

  it("wrong fields are told one by one", async () => {
    const { till } = shop;
    for (const [body, field] of [
      [{ amount: -1 }, "/amount"], [{ amount: 1.5 }, "/amount"], [{ amount: 2 ** 53 }, "/amount"], [{ amount: "10" }, "/amount"],
      [{ currency: "€" }, "/currency"], [{ currency: "12E" }, "/currency"], [{ capture: "later" }, "/capture"], [{ metadata: { a: 1 } }, "/metadata"],
      [{ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, "v"])) }, "/metadata"],
      [{ metadata: { ["k".repeat(41)]: "v" } }, "/metadata"], [{ metadata: { k: "v".repeat(501) } }, "/metadata/k"], [{ confirm: "yes" }, "/confirm"],
      [{ statement_descriptor: "x".repeat(23) }, "/statement_descriptor"], [{ card: "none" }, "/card"],
    ]) {
      const refused = await till.pay(body);
      assert.equal(refused.status, 422, refused.text);
      assert.ok(refused.json.errors?.some((error) => error.field === field), `${JSON.stringify(body)}: ${refused.text}`);
    }
    assertProblem(await till.act("pay_none", "confirm"), 404, "payment_not_found");
    assertProblem(await till.paid({ confirm: true, payment_method: undefined }), 422, "method_required", "/payment_method");
  });

  it("metrics tell of payments, calls and what is unknown", async () => {
    const { api } = shop;
    const text = (await api.get("/metrics")).text;
    for (const name of ["ashlar_payments_unknown", "ashlar_payments_provider_calls_total"]) assert.match(text, new RegExp(`^${name}`, "m"));
  });

  it("the books hold, and a tenant goes with all its money records", async () => {
    const { server } = shop;
    const verified = server.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const tables = (tenant) => {
      const rows = server.cli("tenant", "export", tenant).stdout.trim().split("\n").map((line) => JSON.parse(line));
      return new Set(rows.map((row) => row.table));
    };
    for (const table of ["payments", "payment_events", "payment_attempts", "payment_entries", "sandbox_moves", "transfers"]) {
      assert.ok(tables("shop-two").has(table), `${table}: ${[...tables("shop-two")].join(" ")}`);
    }
    const gone = server.cli("tenant", "delete", "shop-two", "--yes");
    assert.equal(gone.code, 0, gone.stderr);
    assert.equal(server.cli("verify").code, 0);
  });
}

export function paymentsSuite(kind) {
  describe(`payments on ${kind}`, { timeout: 300_000 }, () => {
    const shop = {};
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      shop.server = await Server.start({ store: kind, sets: { "payments.settle_s": 1 } });
      shop.api = shop.server.api;
      shop.till = new Till(shop.api);
    });
    after(() => shop.server?.stop());

    life(it, shop);
    refunds(it, shop);
    disputes(it, shop);
    keys(it, shop);
    unknown(it, shop);
    people(it, shop);
    around(it, shop);
  });
}
