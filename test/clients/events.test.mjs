// Events on both stores (suites/events.mjs).
import { test } from "node:test";
import { eventsAcrossSuite, eventsSuite } from "./suites/events.mjs";
import { kPostgres } from "./support/process.mjs";

eventsSuite("sqlite");
if (kPostgres === "") {
  test("events on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  eventsSuite("postgres");
  eventsAcrossSuite("postgres");
}
