// What operators see of the event log: of the whole installation, no tenant.
import { call, type Page } from './http';

export interface Consumer {
  name: string;
  lag_events: number;
  /** The age of the oldest event that it has not consumed. */
  lag_ms: number;
  /** Events that wait for another attempt, and those behind them of the same key. */
  parked: number;
  dead: number;
  /** The instance that works it. */
  owner: string | null;
}

export interface DeadLetter {
  id: string;
  consumer: string;
  event_id: string;
  /** The id of its tenant; null: the installation's own. */
  tenant: string | null;
  type: string;
  aggregate_type: string;
  aggregate_id: string;
  time: string;
  data: unknown;
  attempts: number;
  error: string;
  died_at: string;
}

export async function listConsumers(signal?: AbortSignal): Promise<Consumer[]> {
  return (await call<{ data: Consumer[] }>('GET', '/v1/events/consumers', { signal })).data.data;
}

export async function listDeadLetters(
  consumer: string | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<DeadLetter>> {
  const query = { consumer, cursor, limit };
  return (await call<Page<DeadLetter>>('GET', '/v1/events/dead-letters', { query, signal })).data;
}

export async function replayDeadLetter(id: string): Promise<void> {
  await call<unknown>('POST', `/v1/events/dead-letters/${encodeURIComponent(id)}/replay`);
}

/** What is left out means any. */
export interface ReplayRange {
  aggregate_type?: string;
  aggregate_id?: string;
  /** Its id. */
  tenant?: string;
  from?: string;
  to?: string;
}

/** How many events are consumed again. */
export async function replayEvents(consumer: string, range: ReplayRange): Promise<number> {
  const path = `/v1/events/consumers/${encodeURIComponent(consumer)}/replay`;
  return (await call<{ events: number }>('POST', path, { body: range })).data.events;
}

export interface LoggedEvent {
  id: string;
  sequence: string;
  type: string;
  aggregate_type: string;
  aggregate_id: string;
  time: string;
  traceparent: string;
  data: unknown;
}

/** Newest first; `type` is one, or all that begin so: "link.*". */
export async function listEvents(
  tenant: string,
  type: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<LoggedEvent>> {
  const query = { type, cursor, limit };
  return (await call<Page<LoggedEvent>>('GET', '/v1/events', { tenant, query, signal })).data;
}
