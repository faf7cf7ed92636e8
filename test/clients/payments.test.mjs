// Payments, on SQLite, on PostgreSQL, on two servers that share one, and through the connector.
import { test } from "node:test";
import { paymentsSuite } from "./suites/payments.mjs";
import { paymentsClusterSuite } from "./suites/payments_cluster.mjs";
import { paymentsConnectorSuite } from "./suites/payments_connector.mjs";
import { paymentsKilledSuite } from "./suites/payments_killed.mjs";
import { kPostgres } from "./support/process.mjs";

paymentsSuite("sqlite");
paymentsConnectorSuite();
paymentsKilledSuite("sqlite");
if (kPostgres === "") {
  test("payments on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  paymentsSuite("postgres");
  paymentsClusterSuite("postgres");
  paymentsKilledSuite("postgres");
}
