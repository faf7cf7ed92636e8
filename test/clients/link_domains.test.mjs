// Domains of links on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkDomainsSuite } from "./suites/link_domains.mjs";
import { kPostgres } from "./support/process.mjs";

linkDomainsSuite("sqlite");
if (kPostgres === "") test("domains of links on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkDomainsSuite("postgres");
