// graphile-worker: `node graphile_worker.mjs URL JOBS [local_queue=500] [concurrency=24] [batch_delay_ms=0] [insert_batch=1000]`. Its batched way:
// a local queue, completions together. local_queue=-1 batch_delay_ms=-1: its defaults. It keeps no history: what is done is deleted.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { print, settings, timed, version } from "./measure.mjs";

const { url, jobs, local_queue, concurrency, batch_delay_ms, insert_batch } =
  settings({ local_queue: 500, concurrency: 24, batch_delay_ms: 0, insert_batch: 1000 });
const pgPool = new pg.Pool({ connectionString: url, max: 10 });
const logger = new Logger(() => () => {});  // a line a job would be most of its time
const utils = await makeWorkerUtils({ pgPool, logger });
await utils.migrate();

const insert = async () => {
  for (let n = 0; n < jobs; n += insert_batch) {
    await utils.addJobs(Array.from({ length: Math.min(insert_batch, jobs - n) }, (_, i) => ({ identifier: "bench", payload: { n: n + i } })));
  }
  return jobs;
};

const work = async () => {
  const seen = new Set();
  let all;
  const ended = new Promise((resolve) => { all = resolve; });
  const preset = { worker: { concurrentJobs: concurrency, completeJobBatchDelay: batch_delay_ms, failJobBatchDelay: batch_delay_ms,
    localQueue: local_queue > 0 ? { size: local_queue } : undefined, pollInterval: 100 } };
  const runner = await run({ pgPool, noHandleSignals: true, preset, logger,
    taskList: { bench: ({ n }) => { seen.add(n); if (seen.size === jobs) all(); } } });
  await ended;
  await runner.stop();  // completions that wait are written
  return seen.size;
};

version("graphile-worker");
print("insert", await timed(insert));
const worked = await timed(work);
print("work", worked);
const left = (await pgPool.query("SELECT count(*)::int AS n FROM graphile_worker._private_jobs")).rows[0].n;
await pgPool.end().catch(() => {});
process.exit(worked.done === jobs && left === 0 ? 0 : 1);
