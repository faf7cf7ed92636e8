// Money that goes back: refunds and disputes.
import assert from "node:assert/strict";
import { assertProblem } from "./links.mjs";

export function refunds(it, shop) {
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

export function disputes(it, shop) {
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
