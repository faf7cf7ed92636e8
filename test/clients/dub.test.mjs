// Dub's API, by its npm package, on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { dubSuite } from "./suites/dub.mjs";
import { kPostgres } from "./support/process.mjs";

dubSuite("sqlite");
if (kPostgres === "") test("Dub's API on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
else dubSuite("postgres");
