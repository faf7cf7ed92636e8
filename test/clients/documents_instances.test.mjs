// Documents on several instances, which PostgreSQL alone allows.
import { test } from "node:test";
import { documentsInstancesSuite } from "./suites/documents_instances.mjs";
import { kPostgres } from "./support/process.mjs";

if (kPostgres === "") {
  test("documents on two instances", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  documentsInstancesSuite();
}
