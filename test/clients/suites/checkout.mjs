// Checkouts by the native API, over four parties: three example services and the sandbox's bank. Each step refused, each killed in its
// middle: all is done or all is taken back.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { parties } from "../support/checkout_parties.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";
import { bankMoves } from "../support/till.mjs";

const settings = (services, more = {}) => ({
  "payments.checkout_stock_url": services.stock.url, "payments.checkout_order_url": services.order.url,
  "payments.checkout_access_url": services.access.url, "payments.allow_private": "true", "payments.call_deadline_ms": 1000, ...more });

const wanted = (reference, more = {}) => ({ amount: 4200, currency: "EUR", payment_method: "pm_card_visa", merchant_reference: reference,
  items: [{ sku: "hat", quantity: 2 }], ...more });

async function over(api, id, limit_ms = 120_000) {
  return eventually(`checkout ${id} is over`, async () => {
    const answer = await api.get(`/v1/checkouts/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return ["completed", "compensated", "parked"].includes(answer.json.state) && answer.json;
  }, limit_ms);
}

async function paymentOf(api, reference) {
  const found = await api.get(`/v1/payments?merchant_reference=${reference}`);
  assert.equal(found.status, 200, found.text);
  return found.json.data[0] ?? null;
}

// Nothing is half: who has done what, what the bank moved, what the ledger holds.
async function assertWhole(server, api, services, checkout) {
  const reference = checkout.merchant_reference;
  const payment = await paymentOf(api, reference);
  if (checkout.state === "completed") {
    for (const party of services.all) assert.ok(party.done.has(checkout.id), `${party.act} of ${reference}`);
    assert.equal(payment.state, "succeeded");
    assert.equal(payment.amount_captured, 4200);
  } else {
    assert.equal(checkout.state, "compensated", JSON.stringify(checkout));
    for (const party of services.all) assert.ok(!party.done.has(checkout.id), `${party.undo} of ${reference}`);
    if (payment !== null) {
      assert.equal(payment.state, "canceled");
      assert.equal(payment.amount_captured, 0);
    }
  }
  assert.equal(server.cli("verify").code, 0);
}

// What is held, of all accounts.
async function heldBy(api) {
  const answer = await api.get("/v1/ledger/accounts?limit=100");
  assert.equal(answer.status, 200, answer.text);
  return answer.json.data.reduce((sum, account) => sum + account.debits_pending + account.credits_pending, 0);
}

function suite(kind) {
  describe(`checkouts on ${kind}`, { timeout: 240_000 }, () => {
    const shop = {};
    before(async () => {
      shop.services = await parties();
      shop.server = await Server.start({ store: kind, sets: settings(shop.services) });
      shop.api = shop.server.api;
    });
    after(async () => {
      await shop.server?.stop();
      for (const party of shop.services.all) await party.close();
    });

    test(`${kind}: five steps, and the same again is the same checkout`, async () => {
      const begun = await shop.api.post("/v1/checkouts", wanted("sold-1"));
      assert.equal(begun.status, 202, begun.text);
      assert.equal(begun.headers.location, `/v1/checkouts/${begun.json.id}`);
      const sold = await over(shop.api, begun.json.id);
      assert.equal(sold.state, "completed", JSON.stringify(sold));
      assert.equal(sold.error, null);
      assert.match(sold.payment, /^pay_/);
      await assertWhole(shop.server, shop.api, shop.services, sold);
      assert.deepEqual(shop.services.stock.done.get(sold.id).items, [{ sku: "hat", quantity: 2 }]);
      assert.equal(shop.services.order.done.get(sold.id).payment, sold.payment);
      const again = await shop.api.post("/v1/checkouts", wanted("sold-1"));
      assert.deepEqual([again.status, again.json.id, again.json.state], [202, sold.id, "completed"]);
      assertProblem(await shop.api.post("/v1/checkouts", wanted("sold-1", { amount: 1 })), 409, "merchant_reference_used");
      assert.equal(bankMoves(shop.server).filter(({ key }) => key.startsWith(sold.payment)).length > 0, true);
    });

    for (const [party, act] of [["stock", "reserve"], ["order", "confirm"], ["access", "grant"]]) {
      test(`${kind}: ${act} refused: all is taken back`, async () => {
        shop.services[party].meet = (name) => (name === act ? "refuse" : undefined);
        const begun = await shop.api.post("/v1/checkouts", wanted(`refused-${act}`));
        const back = await over(shop.api, begun.json.id);
        shop.services[party].meet = () => {};
        assert.equal(back.state, "compensated");
        assert.equal(back.error, "HTTP 422");
        await assertWhole(shop.server, shop.api, shop.services, back);
        assert.equal(await heldBy(shop.api), 0);
      });
    }

    test(`${kind}: the card declined: the stock is released, nothing is held`, async () => {
      const begun = await shop.api.post("/v1/checkouts", wanted("declined-1", { payment_method: "pm_card_chargeDeclined" }));
      const back = await over(shop.api, begun.json.id);
      assert.equal(back.state, "compensated");
      assert.match(back.error, /^declined/);
      await assertWhole(shop.server, shop.api, shop.services, back);
      assert.equal(await heldBy(shop.api), 0);
    });

    test(`${kind}: what is wrong is said at once`, async () => {
      assertProblem(await shop.api.post("/v1/checkouts", wanted("4242424242424242")), 422, "card_number_refused");
      assertProblem(await shop.api.post("/v1/checkouts", wanted("x", { currency: "E1R" })), 422, "currency_invalid");
      assertProblem(await shop.api.get("/v1/checkouts/999999"), 404, "checkout_not_found");
      const reader = shop.server.client(shop.server.newKey("demo", "payments:read"));
      assert.equal((await reader.post("/v1/checkouts", wanted("scope-1"))).status, 403);
      reader.close();
    });
  });

  describe(`checkouts killed on ${kind}`, { timeout: 600_000 }, () => {
    const store = new Store(kind);
    let services = null;
    let key = null;
    before(async () => { services = await parties(); });
    after(async () => {
      for (const party of services.all) await party.close();
      store.remove();
    });

    // Kills the server, by what `doomed` says, and looks what its successor makes of it.
    async function killed(reference, sets, arm) {
      const doomed = await Server.start({ store, sets: settings(services, sets) });
      key ??= doomed.key;
      doomed.ending = true;  // as the test wants it
      const api = doomed.client(key);
      arm?.(doomed);
      await api.post("/v1/checkouts", wanted(reference)).catch(() => {});  // it may be dead before it has answered
      const { signal } = await doomed.exited;
      api.close();
      assert.equal(signal, "SIGKILL");
      for (const party of services.all) party.meet = () => {};
      await store.settled();
      const server = await Server.start({ store, sets: settings(services) });
      const successor = server.client(key);
      try {
        const begun = await successor.post("/v1/checkouts", wanted(reference));
        assert.equal(begun.status, 202, begun.text);
        const end = await over(successor, begun.json.id);
        await assertWhole(server, successor, services, end);
        assert.equal(await heldBy(successor), 0);
        return end;
      } finally {
        successor.close();
        await server.stop();
      }
    }

    // On PostgreSQL what a dead process had is free when its lease ends, half a minute later: so only some of them there.
    const all = kind === "sqlite";
    const services_killed = [["stock", "reserve"], ["order", "confirm"], ["access", "grant"]];
    for (const [party, act] of all ? services_killed : services_killed.slice(2)) {
      for (const when of all ? ["before", "after"] : ["after"]) {
        test(`${kind}: killed ${when} ${act}: it ends whole`, async () => {
          const end = await killed(`killed-${when}-${act}`, {}, (doomed) => {
            services[party].meet = async (name) => {
              if (name !== act) return undefined;
              if (when === "after") {
                services[party].meet = () => {};
                setTimeout(() => doomed.child.kill("SIGKILL"), 0);
                return "lose";
              }
              doomed.child.kill("SIGKILL");
              await doomed.exited;
              return "lose";
            };
          });
          assert.equal(end.state, "completed", JSON.stringify(end));
        });
      }
    }

    // The first call to a provider is the authorisation, the second the capture.
    for (const point of all ? ["after_claim", "after_attempt", "after_send", "after_answer", "after_commit"] : ["after_send"]) {
      for (const [step, hit] of [["authorise", 1], ["capture", 2]]) {
        test(`${kind}: killed ${point.replace("_", " ")} of ${step}: it ends whole`, async () => {
          const end = await killed(`killed-${point}-${step}`, { "testing.failpoint": `payments.${point}:${hit}` });
          assert.ok(["completed", "compensated"].includes(end.state), JSON.stringify(end));
        });
      }
    }

    test(`${kind}: killed while the hold is released: it ends taken back`, async () => {
      services.access.meet = (name) => (name === "grant" ? "refuse" : undefined);
      const keep = services.access.meet;
      const end = await killed("killed-cancel", { "testing.failpoint": "payments.after_send:2" }, () => { services.access.meet = keep; });
      assert.equal(end.state, "compensated", JSON.stringify(end));
    });
  });
}

export function checkoutSuite(kind) {
  suite(kind);
}

export function checkoutUnconfigured() {
  test("checkouts without services: said so", async () => {
    const server = await Server.start({});
    try {
      assertProblem(await server.api.post("/v1/checkouts", wanted("x")), 409, "checkout_unconfigured");
    } finally {
      await server.stop();
    }
  });
}
