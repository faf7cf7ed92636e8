// Calls of tasks' users, for the suites of tasks.
import assert from "node:assert/strict";

let names = 0;
export const fresh = (name) => `${name}-${++names}`;

export const lease = (api, queue, body = {}) => api.post(`/v1/queues/${queue}/lease`, { max: 10, lease_ms: 30_000, ...body });
export async function leaseOne(api, queue, body) {
  const answer = await lease(api, queue, { max: 1, ...body });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.tasks.length, 1, answer.text);
  return answer.json.tasks[0];
}
export async function create(api, task) {
  const answer = await api.post("/v1/tasks", { payload: null, ...task });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.id;
}
export const report = (api, what, task, body = {}) => api.post(`/v1/tasks/${task.id}/${what}`, { lease_token: task.lease_token, ...body });
export const stateOf = async (api, id) => (await api.get(`/v1/tasks/${id}`)).json.state;
export function refused(answer, status, reason) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.reason, reason, answer.text);
}
