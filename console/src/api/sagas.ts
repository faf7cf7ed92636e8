import { call, type Page } from './http';

export const kSagaStates = [
  'running',
  'compensating',
  'parked',
  'completed',
  'compensated',
] as const;
export type SagaState = (typeof kSagaStates)[number];

export interface SagaMove {
  version: number;
  at: string;
  event: 'started' | 'done' | 'failed' | 'turned' | 'parked' | 'resumed' | 'skipped' | 'overdue';
  step: string | null;
  /** The step's way back, not its way there. */
  compensating: boolean;
  attempt: number;
  /** After it. */
  state: SagaState;
  /** Why, or who said so. */
  error: string | null;
  next_attempt_at: string | null;
}

export interface Saga {
  id: string;
  kind: string;
  /** What it is about: "order 17". */
  correlation: string;
  state: SagaState;
  /** Its direction, also of a parked one. */
  compensating: boolean;
  /** Under way or parked at; null when it has ended. */
  step: string | null;
  attempts: number;
  error: string | null;
  started_at: string;
  updated_at: string;
  next_attempt_at: string | null;
  deadline: string | null;
  ended_at: string | null;
}

export interface WholeSaga {
  saga: Saga;
  /** What it was started with, and what its steps have added. */
  data: unknown;
  /** Oldest first. */
  timeline: SagaMove[];
}

export async function listSagas(
  tenant: string,
  state: SagaState | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Saga>> {
  const query = { state, cursor, limit };
  return (await call<Page<Saga>>('GET', '/v1/sagas', { tenant, query, signal })).data;
}

const pathOf = (id: string) => `/v1/sagas/${encodeURIComponent(id)}`;

export async function getSaga(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<WholeSaga> {
  return (await call<WholeSaga>('GET', pathOf(id), { tenant, signal })).data;
}

export type SagaAction = 'resume' | 'skip' | 'compensate';

export async function actOnSaga(tenant: string, id: string, action: SagaAction): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/${action}`, { tenant });
}
