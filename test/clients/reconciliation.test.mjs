// Reconciliation over HTTP, on SQLite and on PostgreSQL.
import { test } from "node:test";
import { reconciliationSuite } from "./suites/reconciliation.mjs";
import { kPostgres } from "./support/process.mjs";

reconciliationSuite("sqlite");
if (kPostgres === "") {
  test("reconciliation on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  reconciliationSuite("postgres");
}
