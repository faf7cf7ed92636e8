// The API as its clients see it, on SQLite.
import { edgeSuite } from "./suites/edge.mjs";
import { idempotencySuite } from "./suites/idempotency.mjs";
import { lifecycleSuite } from "./suites/lifecycle.mjs";
import { linksSuite } from "./suites/links.mjs";

for (const suite of [linksSuite, idempotencySuite, edgeSuite, lifecycleSuite]) suite("sqlite");
