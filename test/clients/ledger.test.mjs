// The ledger, on SQLite and on PostgreSQL, on one server and on two.
import { test } from "node:test";
import { ledgerSuite } from "./suites/ledger.mjs";
import { ledgerClusterSuite, ledgerKilledSuite } from "./suites/ledger_killed.mjs";
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
