// Customers, their cards, no card numbers anywhere, and payouts.
import assert from "node:assert/strict";
import { eventually } from "../support/process.mjs";
import { assertProblem } from "./links.mjs";

export function people(it, shop) {
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
