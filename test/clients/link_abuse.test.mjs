// What keeps links from doing harm, on SQLite and, where there is one, PostgreSQL; with a list of unsafe pages that speaks Safe Browsing.
import { test } from "node:test";
import { linkAbuseSuite } from "./suites/link_abuse.mjs";
import { kPostgres } from "./support/process.mjs";

linkAbuseSuite("sqlite");
if (kPostgres === "") test("misuse of links on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkAbuseSuite("postgres");
