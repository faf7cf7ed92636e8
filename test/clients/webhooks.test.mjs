// Webhooks, on SQLite and on PostgreSQL: deliveries as their receivers verify them, and where they must not go.
import { test } from "node:test";
import { targetsSuite } from "./suites/webhooks_targets.mjs";
import { killedSuite, webhooksSuite } from "./suites/webhooks.mjs";
import { kPostgres } from "./support/process.mjs";

targetsSuite();
killedSuite();
for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("webhooks on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  webhooksSuite(kind);
}
