// The card-API profile as the unmodified npm package `stripe` uses it, on SQLite and on PostgreSQL.
import { after, before, describe, it, test } from "node:test";
import assertPlain from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { balance, customers, disputes, events, lists } from "./suites/stripe_objects.mjs";
import { charges, intents, refunds } from "./suites/stripe_payments.mjs";
import { dangerousFact, errors, idempotency, webhooks } from "./suites/stripe_protocol.mjs";
import { killedSuite } from "./suites/stripe_killed.mjs";
import { kPostgres, kRoot } from "./support/process.mjs";
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

// A handful by PyPI's `stripe` too, where a Python that has it is named.
const kPython = process.env.ASHLAR_TEST_PYTHON_STRIPE ?? "";
if (kPython === "") {
  test("PyPI's stripe against the profile", { skip: "ASHLAR_TEST_PYTHON_STRIPE names no Python with the package stripe: it is NOT tested" }, () => {});
} else {
  test("PyPI's stripe against the profile", { timeout: 120_000 }, async () => {
    const shop = await Shop.start();
    try {
      const run = promisify(execFile)(kPython, [join(kRoot, "test/clients/programs/stripe_python.py"), shop.key, String(shop.port)], { timeout: 60_000 });
      const { stdout } = await run.catch((error) => assertPlain.fail(error.stdout + error.stderr));
      assertPlain.ok(Number(stdout) >= 20, stdout);
    } finally {
      await shop.stop();
    }
  });
}
