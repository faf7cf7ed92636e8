// The connector, against the only such API at hand: another Ashlar's profile. What the shop's Ashlar books is what the bank's has done, by
// answers and by signed webhooks.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { Api } from "../support/http.mjs";
import { eventually } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";
import { freshKey, Till } from "../support/till.mjs";

const freePort = () => new Promise((done) => {
  const probe = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});

export function paymentsConnectorSuite() {
  describe("payments through the connector", { timeout: 180_000 }, () => {
    const it = (name, run) => test(`connector: ${name}`, run);
    let bank, shop, till, store;
    before(async () => {
      const [profile, listen] = [await freePort(), await freePort()];
      bank = await Server.start({ sets: { "stripe.listen": `127.0.0.1:${profile}`, "webhooks.allow_private": true } });
      const api = new Api(`http://127.0.0.1:${profile}`, bank.key);
      const endpoint = await api.post("/v1/webhook_endpoints",
        `url=${encodeURIComponent(`http://127.0.0.1:${listen}/v1/payments/webhooks/stripe`)}&enabled_events[]=*`,
        { headers: { "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": freshKey() } });
      assert.equal(endpoint.status, 200, endpoint.text);
      api.close();
      store = new Store("sqlite");
      shop = await Server.start({
        store, listen: `127.0.0.1:${listen}`,
        sets: {
          "payments.providers": "stripe", "payments.stripe_url": `http://127.0.0.1:${profile}`, "payments.stripe_key": bank.key,
          "payments.stripe_webhook_secret": endpoint.json.secret, "payments.allow_private": true, "payments.settle_s": 1,
        },
      });
      till = new Till(shop.api);
    });
    after(async () => {
      await shop?.stop();
      await bank?.stop();
      store?.remove();
    });
    const bankPayments = async () => (await bank.api.get("/v1/payments?limit=100")).json.data;

    it("pays, captures in parts, refunds", async () => {
      const paid = await till.paid({ amount: 4200 });
      assert.equal(paid.status, 201, paid.text);
      assert.equal(paid.json.state, "succeeded");
      assert.equal(paid.json.attempts[0].provider, "stripe");
      assert.equal(paid.json.attempts[0].last4, "4242");
      const theirs = (await bankPayments()).find((payment) => payment.amount === 4200);
      assert.equal(theirs.state, "succeeded");
      assert.equal(theirs.amount_captured, 4200);

      const held = await till.paid({ amount: 3000, capture: "manual" });
      assert.equal(held.json.state, "capturable", held.text);
      const part = await till.act(held.json.id, "capture", { amount: 250, last: false });
      assert.equal(part.json.state, "capturable", part.text);
      assert.equal(part.json.amount_capturable, 2750);
      const captured = await till.act(held.json.id, "capture", { amount: 750 });
      assert.equal(captured.json.state, "succeeded", captured.text);
      assert.equal(captured.json.amount_captured, 1000);
      const refund = await till.act(held.json.id, "refunds", { amount: 400 });
      assert.equal(refund.status, 201, refund.text);
      const refunded = (await bankPayments()).find((payment) => payment.amount === 3000);
      assert.equal(refunded.amount_captured, 1000);
      assert.equal(refunded.amount_refunded, 400);
    });

    it("declines are declines", async () => {
      const refused = await till.paid({ payment_method: "pm_card_chargeDeclinedInsufficientFunds" });
      assert.equal(refused.status, 402, refused.text);
      assert.equal(refused.json.decline_code, "insufficient_funds");
    });

    it("a duplicate reaches the bank once", async () => {
      const key = freshKey();
      const answers = await Promise.all(Array.from({ length: 10 }, () => till.paid({ amount: 7777 }, key)));
      assert.ok(answers.some(({ status }) => status === 201));
      await eventually("all are over", async () => (await till.paid({ amount: 7777 }, key)).status === 201);
      assert.equal((await bankPayments()).filter((payment) => payment.amount === 7777).length, 1);
    });

    it("a dispute comes by webhook, its evidence goes back, and the bank decides", async () => {
      const { id } = (await till.paid({ amount: 6100, payment_method: "pm_card_createDispute" })).json;
      const disputed = await till.until(id, "disputed", (p) => p.disputes.length === 1, 40_000);
      assert.equal(disputed.disputes[0].amount, 6100);
      const told = await till.post(`/v1/disputes/${disputed.disputes[0].id}/evidence`, { evidence: { uncategorized_text: "winning_evidence" } });
      assert.equal(told.status, 200, told.text);
      await till.until(id, "won", (p) => p.disputes[0].state === "won", 40_000);
    });

    it("what nobody has signed is refused", async () => {
      const forged = await shop.api.post("/v1/payments/webhooks/stripe", '{"id":"evt_1","type":"charge.refunded"}',
        { key: null, headers: { "Stripe-Signature": `t=${Math.floor(Date.now() / 1000)},v1=${"0".repeat(64)}` } });
      assertProblem(forged, 401, "notice_signature");
    });

    it("the bank goes away: nothing is done, or it is found out when it is back", async () => {
      const port = new URL(bank.origin).port;
      assert.ok(port > 0);
      await bank.stop();
      const away = await till.paid({ amount: 9100 });
      assertProblem(away, 503, "provider_unavailable");
      bank = null;
    });

    it("the books hold", () => {
      const verified = shop.cli("verify");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    });
  });
}
