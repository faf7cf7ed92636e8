// Proofs of domains on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkDomainProofsSuite } from "./suites/link_domain_proofs.mjs";
import { kPostgres } from "./support/process.mjs";

linkDomainProofsSuite("sqlite");
if (kPostgres === "") test("proofs of domains on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkDomainProofsSuite("postgres");
