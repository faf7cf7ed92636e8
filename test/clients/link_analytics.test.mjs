// Analytics of links on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkAnalyticsSuite } from "./suites/link_analytics.mjs";
import { kPostgres } from "./support/process.mjs";

linkAnalyticsSuite("sqlite");
if (kPostgres === "") test("analytics of links on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkAnalyticsSuite("postgres");
