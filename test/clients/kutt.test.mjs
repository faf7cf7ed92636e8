// Kutt's API, by its npm package, on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { kuttSuite } from "./suites/kutt.mjs";
import { kPostgres } from "./support/process.mjs";

kuttSuite("sqlite");
if (kPostgres === "") test("Kutt's API on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
else kuttSuite("postgres");
