import { call, type Page } from './http';

export const kTaskStates = [
  'ready',
  'running',
  'scheduled',
  'retrying',
  'held',
  'done',
  'dead',
  'cancelled',
] as const;
export type TaskState = (typeof kTaskStates)[number];

export interface QueueSettings {
  paused: boolean;
  /** At once, over all instances; null: as many as there are workers. */
  max_running: number | null;
  /** Starts, over all instances; null: no limit. */
  rate_per_s: number | null;
  burst: number;
  /** Starts of tasks with the same key. */
  key_rate_per_s: number | null;
  key_burst: number;
  /** Pauses before the next attempts; null: the usual ones. */
  retry: { delays_ms: number[] } | null;
  /** Of push tasks, to one host, from each instance. */
  target_max_running: number | null;
  target_rate_per_s: number | null;
}

export interface Queue extends QueueSettings {
  queue: string;
  ready: number;
  running: number;
  scheduled: number;
  held: number;
  dead: number;
  /** Since when the first in line might have been started. */
  oldest_ready_at: string | null;
  /** How long that is ago, by the server's clock. */
  latency_ms: number;
}

export interface Attempt {
  attempt: number;
  started_at: string;
  ended_at: string;
  error: string;
}

export interface Task {
  id: string;
  queue: string;
  /** Who does it: workers that lease it, or the target that it is sent to. */
  mode: 'pull' | 'push';
  state: TaskState;
  payload: unknown;
  priority: number;
  attempt: number;
  max_attempts: number;
  timeout_ms: number;
  unique_key: string | null;
  /** Of order, or of how many run at once. */
  key: string | null;
  created_at: string;
  run_at: string;
  started_at: string | null;
  ended_at: string | null;
  lease_until: string | null;
  cancel_asked: boolean;
  /** Of the last attempt that failed. */
  error: string | null;
  result: unknown;
  target: { url: string; method: string } | null;
  /** The schedule that made it. */
  schedule: string | null;
  /** Those that failed; only of one task, not in lists. */
  attempts?: Attempt[];
}

export interface TaskFilter {
  queue: string | null;
  state: TaskState | null;
}

export interface RedriveFilter {
  error_contains?: string;
  ended_from?: string;
  ended_to?: string;
}

export interface Schedule {
  name: string;
  cron: string;
  time_zone: string;
  queue: string;
  paused: boolean;
  next_run_at: string | null;
  last_run_at: string | null;
  last_task_id: string | null;
  /** Why the last one made no task. */
  error: string | null;
}

const kMaxQueues = 2000;

const pathOf = (id: string) => `/v1/tasks/${encodeURIComponent(id)}`;
const queuePath = (queue: string) => `/v1/queues/${encodeURIComponent(queue)}`;
const schedulePath = (name: string) => `/v1/schedules/${encodeURIComponent(name)}`;

export async function listQueues(tenant: string, signal?: AbortSignal): Promise<Queue[]> {
  const queues: Queue[] = [];
  let cursor: string | null = '';
  while (cursor !== null && queues.length < kMaxQueues) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Queue[]; next_cursor: string | null } = (
      await call<{ data: Queue[]; next_cursor: string | null }>(
        'GET',
        `/v1/queues?limit=100${query}`,
        { tenant, signal },
      )
    ).data;
    queues.push(...page.data);
    cursor = page.next_cursor;
  }
  return queues;
}

export function settingsOf(queue: Queue): QueueSettings {
  const { paused, max_running, rate_per_s, burst } = queue;
  const { key_rate_per_s, key_burst, retry, target_max_running, target_rate_per_s } = queue;
  return {
    paused,
    max_running,
    rate_per_s,
    burst,
    key_rate_per_s,
    key_burst,
    retry,
    target_max_running,
    target_rate_per_s,
  };
}

/** All of them: what is left out is as if nothing had been set. */
export async function putQueue(
  tenant: string,
  queue: string,
  settings: QueueSettings,
): Promise<void> {
  await call<unknown>('PUT', queuePath(queue), { tenant, body: settings });
}

export interface Redriven {
  redriven: number;
  more: boolean;
}

/** Dead tasks that fit the filter live again; how many. */
export async function redriveQueue(
  tenant: string,
  queue: string,
  filter: RedriveFilter,
): Promise<Redriven> {
  const path = `${queuePath(queue)}/redrive`;
  return (await call<Redriven>('POST', path, { tenant, body: filter })).data;
}

export async function listTasks(
  tenant: string,
  filter: TaskFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Task>> {
  const query = { ...filter, cursor, limit };
  return (await call<Page<Task>>('GET', '/v1/tasks', { tenant, query, signal })).data;
}

export async function getTask(tenant: string, id: string, signal?: AbortSignal): Promise<Task> {
  return (await call<Task>('GET', pathOf(id), { tenant, signal })).data;
}

export type TaskAction = 'cancel' | 'run-now' | 'redrive';

export async function actOnTask(tenant: string, id: string, action: TaskAction): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/${action}`, { tenant });
}

export async function listSchedules(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Schedule>> {
  const query = { cursor, limit };
  return (await call<Page<Schedule>>('GET', '/v1/schedules', { tenant, query, signal })).data;
}

export async function pauseSchedule(tenant: string, name: string, paused: boolean): Promise<void> {
  await call<unknown>('PATCH', schedulePath(name), { tenant, body: { paused } });
}

export async function runSchedule(tenant: string, name: string): Promise<void> {
  await call<unknown>('POST', `${schedulePath(name)}/run-now`, { tenant });
}
