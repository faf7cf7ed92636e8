// The API as its clients see it, on SQLite.
import { activitySuite } from "./suites/activity.mjs";
import { edgeSuite } from "./suites/edge.mjs";
import { idempotencySuite } from "./suites/idempotency.mjs";
import { lifecycleSuite } from "./suites/lifecycle.mjs";
import { linksSuite } from "./suites/links.mjs";

for (const suite of [activitySuite, linksSuite, idempotencySuite, edgeSuite, lifecycleSuite]) suite("sqlite");
