// Pushes over APNs, FCM and Web Push, on SQLite and on PostgreSQL.
import { test } from "node:test";
import { pushServicesSuite } from "./suites/push_services.mjs";
import { kPostgres } from "./support/process.mjs";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("push services on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  pushServicesSuite(kind);
}
