// The same API on PostgreSQL, each server in a database of its own; and two servers on one database.
import { test } from "node:test";
import { activityClusterSuite, activitySuite } from "./suites/activity.mjs";
import { clusterSuite } from "./suites/cluster.mjs";
import { edgeSuite } from "./suites/edge.mjs";
import { idempotencySuite } from "./suites/idempotency.mjs";
import { lifecycleSuite } from "./suites/lifecycle.mjs";
import { linksSuite } from "./suites/links.mjs";
import { kPostgres } from "./support/process.mjs";

if (kPostgres === "") {
  test("the API on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
} else {
  for (const suite of [activitySuite, activityClusterSuite, linksSuite, idempotencySuite, edgeSuite, lifecycleSuite, clusterSuite]) suite("postgres");
}
