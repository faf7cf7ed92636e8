import type { DeliveryState } from '../../api/webhooks';

export const kRefreshMs = 2_000;

export const webhookKeys = {
  list: (tenant: string) => ['webhooks', tenant],
  one: (tenant: string, id: string) => ['webhook', tenant, id],
  logs: (tenant: string, id: string) => ['deliveries', tenant, id],
  log: (tenant: string, id: string, state: DeliveryState | null) => [
    'deliveries',
    tenant,
    id,
    state,
  ],
  deliveries: (tenant: string, id: string) => ['delivery', tenant, id],
  delivery: (tenant: string, id: string, delivery: string) => ['delivery', tenant, id, delivery],
};
