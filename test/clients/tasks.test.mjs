// Tasks, on SQLite and on PostgreSQL: pull workers, push targets, queues, schedules.
import { test } from "node:test";
import { pushSuite } from "./suites/tasks_push.mjs";
import { tasksSuite } from "./suites/tasks.mjs";
import { tasksSteeringSuite } from "./suites/tasks_steering.mjs";
import { kPostgres } from "./support/process.mjs";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("tasks on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  tasksSuite(kind);
  tasksSteeringSuite(kind);
  pushSuite(kind);
}
