// The ledger, on SQLite and on PostgreSQL, on one server and on two.
import { test } from "node:test";
import { ledgerClusterSuite, ledgerKilledSuite, ledgerSuite } from "./suites/ledger.mjs";
import { kPostgres } from "./support/process.mjs";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("the ledger on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  ledgerSuite(kind);
  ledgerKilledSuite(kind);
  if (kind === "postgres") ledgerClusterSuite();
}
