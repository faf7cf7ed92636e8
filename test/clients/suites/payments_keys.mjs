// Keys: one effect and one answer, fifty at once, and what is answered when the outcome is not known.
import assert from "node:assert/strict";
import { eventually } from "../support/process.mjs";
import { bankMoves, freshKey } from "../support/till.mjs";
import { assertProblem } from "./links.mjs";

export function keys(it, shop) {
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

export function unknown(it, shop) {
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
