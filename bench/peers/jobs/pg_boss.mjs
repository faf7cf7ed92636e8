// pg-boss: `node pg_boss.mjs URL JOBS [batch=1000] [loops=4] [insert_batch=1000] [history=0]`. Jobs are fetched and completed by so many at
// once, by so many loops; what is done stays in its table for 7 days, as by default. history: so many are worked before, not measured.
import { PgBoss } from "pg-boss";
import { print, settings, timed, version } from "./measure.mjs";

const { url, jobs, batch, loops, insert_batch, history } = settings({ batch: 1000, loops: 4, insert_batch: 1000, history: 0 });
const boss = new PgBoss({ connectionString: url, max: loops + 2, supervise: false, schedule: false });
boss.on("error", (error) => { console.error(error); process.exit(1); });
await boss.start();
await boss.createQueue("bench");

async function insert(count) {
  for (let n = 0; n < count; n += insert_batch) {
    await boss.insert("bench", Array.from({ length: Math.min(insert_batch, count - n) }, (_, i) => ({ data: { n: n + i } })));
  }
  return count;
}

async function work() {
  const seen = new Set();
  const loop = async () => {
    for (;;) {
      const got = await boss.fetch("bench", { batchSize: batch });
      if (!got || got.length === 0) return;
      const ids = got.map((job) => job.id);
      await boss.complete("bench", ids);
      for (const id of ids) seen.add(id);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return seen.size;
}

version("pg-boss");
if (history) { await insert(history); await work(); }
print("insert", await timed(() => insert(jobs)));
const worked = await timed(work);
print("work", worked);
await boss.stop({ graceful: false });
process.exit(worked.done === jobs ? 0 : 1);
