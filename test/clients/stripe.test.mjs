// The card-API profile as the unmodified npm package `stripe` uses it, on SQLite and on PostgreSQL.
import { after, before, describe, it, test } from "node:test";
import assertPlain from "node:assert/strict";
import { balance, customers, disputes, events, lists } from "./suites/stripe_objects.mjs";
import { charges, intents, refunds } from "./suites/stripe_payments.mjs";
import { dangerousFact, errors, idempotency, webhooks } from "./suites/stripe_protocol.mjs";
import { killedSuite } from "./suites/stripe_killed.mjs";
import { kPostgres } from "./support/process.mjs";
import { assertions, kOperations, Shop, succeededOperations } from "./support/stripe.mjs";

dangerousFact(it);

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("the profile on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  describe(`npm stripe on ${kind}`, { timeout: 300_000 }, () => {
    const shop = {};
    before(async () => {
      const started = await Shop.start({ store: kind });
      succeededOperations().clear();
      Object.setPrototypeOf(shop, started);
    });
    after(() => shop.server?.stop());

    for (const suite of [intents, charges, refunds, disputes, customers, balance, events, lists, errors, idempotency, webhooks]) suite(it, shop);

    it("all 35 operations were called and succeeded, in more than 150 assertions", () => {
      const missing = kOperations.filter((operation) => !succeededOperations().has(operation));
      assertPlain.deepEqual(missing, []);
      assertPlain.equal(kOperations.length, 35);
      console.log(`npm stripe on ${kind}: 35 operations, ${assertions()} assertions so far`);
      assertPlain.ok(assertions() >= 150, String(assertions()));
    });
  });
  killedSuite(kind);
}
