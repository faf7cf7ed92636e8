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
  target: { url: string } | null;
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
  zone: string;
  queue: string;
  paused: boolean;
  next_run_at: string | null;
  last_run_at: string | null;
}

const pathOf = (id: string) => `/v1/tasks/${encodeURIComponent(id)}`;
const queuePath = (queue: string) => `/v1/queues/${encodeURIComponent(queue)}`;
const schedulePath = (name: string) => `/v1/schedules/${encodeURIComponent(name)}`;

export async function listQueues(tenant: string, signal?: AbortSignal): Promise<Queue[]> {
  return (await call<{ data: Queue[] }>('GET', '/v1/queues', { tenant, signal })).data.data;
}

export async function putQueue(
  tenant: string,
  queue: string,
  settings: QueueSettings,
): Promise<void> {
  await call<unknown>('PUT', queuePath(queue), { tenant, body: settings });
}

/** Dead tasks that fit the filter live again; how many. */
export async function redriveQueue(
  tenant: string,
  queue: string,
  filter: RedriveFilter,
): Promise<{ redriven: number }> {
  const path = `${queuePath(queue)}/redrive`;
  return (await call<{ redriven: number }>('POST', path, { tenant, body: filter })).data;
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
  await call<unknown>('POST', `${pathOf(id)}/${action}`, { tenant, body: {} });
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
  await call<unknown>('POST', `${schedulePath(name)}/run-now`, { tenant, body: {} });
}
