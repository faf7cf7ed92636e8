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
  step: string;
  /** The step's way back, not its way there. */
  compensating: boolean;
  attempt: number;
  /** After it. */
  state: SagaState;
  error: string;
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
  /** Under way or parked at; empty when it has ended. */
  step: string;
  attempts: number;
  error: string;
  started_at: string;
  updated_at: string;
  next_attempt_at: string | null;
  deadline: string | null;
  ended_at: string | null;
  /** These two only of one saga, not in lists. */
  data?: unknown;
  timeline?: SagaMove[];
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

export async function getSaga(tenant: string, id: string, signal?: AbortSignal): Promise<Saga> {
  return (await call<Saga>('GET', pathOf(id), { tenant, signal })).data;
}

export type SagaAction = 'resume' | 'skip' | 'compensate';

export async function actOnSaga(tenant: string, id: string, action: SagaAction): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/${action}`, { tenant, body: {} });
}
