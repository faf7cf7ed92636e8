// Many links in one request, on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkBulkSuite } from "./suites/link_bulk.mjs";
import { kPostgres } from "./support/process.mjs";

linkBulkSuite("sqlite");
if (kPostgres === "") test("many links at once on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkBulkSuite("postgres");
