// Payments, on SQLite, on PostgreSQL, and on two servers that share one.
import { test } from "node:test";
import { paymentsSuite } from "./suites/payments.mjs";
import { paymentsClusterSuite } from "./suites/payments_cluster.mjs";
import { kPostgres } from "./support/process.mjs";

paymentsSuite("sqlite");
if (kPostgres === "") {
  test("payments on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  paymentsSuite("postgres");
  paymentsClusterSuite("postgres");
}
