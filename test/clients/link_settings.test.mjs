// Settings of links on SQLite and, where there is one, PostgreSQL.
import { test } from "node:test";
import { linkSettingsSuite } from "./suites/link_settings.mjs";
import { kPostgres } from "./support/process.mjs";

linkSettingsSuite("sqlite");
if (kPostgres === "") test("settings of links on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
else linkSettingsSuite("postgres");
