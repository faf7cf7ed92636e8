import type { SagaState } from '../../api/sagas';

export const kRefreshMs = 2_000;

export const sagaKeys = {
  lists: (tenant: string) => ['sagas', tenant],
  list: (tenant: string, state: SagaState | null) => ['sagas', tenant, state],
  saga: (tenant: string, id: string) => ['saga', tenant, id],
};
