// Imports and exports of links on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkImportsSuite } from "./suites/link_imports.mjs";
import { kPostgres } from "./support/process.mjs";

linkImportsSuite("sqlite");
if (kPostgres === "") test("imports of links on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
else linkImportsSuite("postgres");
