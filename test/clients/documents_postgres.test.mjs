// Documents on PostgreSQL, in a database of their own.
import { test } from "node:test";
import { documentsSuite } from "./suites/documents.mjs";
import { kPostgres } from "./support/process.mjs";

if (kPostgres === "") {
  test("documents on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  documentsSuite("postgres");
}
