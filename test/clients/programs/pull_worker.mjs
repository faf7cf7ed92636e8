// A pull worker: node pull_worker.mjs ORIGIN KEY QUEUE. Leases tasks, keeps them while it works, reports. What it would do here is
// told by the payload: {"sleep_ms"?, "fail"?}. A line of JSON on standard output for each step, for the test that has started it.
import { setTimeout as sleep } from "node:timers/promises";

const [origin, key, queue, lease_ms = "2000"] = process.argv.slice(2);
const say = (step, task, more = {}) => console.log(JSON.stringify({ step, id: task.id, attempt: task.attempt, pid: process.pid, ...more }));

async function post(path, body) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const answer = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.json()).reason}`);
  return answer.json();
}

async function work(task) {
  const { sleep_ms = 0, fail } = task.payload ?? {};
  await sleep(sleep_ms);
  if (fail) throw new Error(fail);
  return { slept_ms: sleep_ms };
}

async function handle(task) {
  const { id, lease_token } = task;
  say("started", task);
  const beat = setInterval(() => post(`/v1/tasks/${id}/heartbeat`, { lease_token, lease_ms: Number(lease_ms) }).catch(() => {}), Number(lease_ms) / 3);
  try {
    const result = await work(task);
    await post(`/v1/tasks/${id}/complete`, { lease_token, result });
    say("completed", task);
  } catch (error) {
    await post(`/v1/tasks/${id}/fail`, { lease_token, error: error.message }).catch(() => {});
    say("failed", task, { error: error.message });
  } finally {
    clearInterval(beat);
  }
}

for (;;) {
  try {
    const { tasks } = await post(`/v1/queues/${queue}/lease`, { max: 5, lease_ms: Number(lease_ms), wait_ms: 20_000, worker: `node ${process.pid}` });
    await Promise.all(tasks.map(handle));
  } catch (error) {
    say("trouble", {}, { error: error.message });
    await sleep(200);
  }
}
