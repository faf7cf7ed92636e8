// Shlink's API, by its own npm package, on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { shlinkSuite } from "./suites/shlink.mjs";
import { kPostgres } from "./support/process.mjs";

shlinkSuite("sqlite", "fetch");
shlinkSuite("sqlite", "node");
if (kPostgres === "") test("Shlink's API on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
else shlinkSuite("postgres", "fetch");
