// Checkouts, on SQLite and PostgreSQL.
import { test } from "node:test";
import { checkoutSuite, checkoutUnconfigured } from "./suites/checkout.mjs";
import { kPostgres } from "./support/process.mjs";

checkoutUnconfigured();
checkoutSuite("sqlite");
if (kPostgres === "") {
  test("checkouts on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  checkoutSuite("postgres");
}
