import type { ItemChoice } from '../../api/reconciliations';

export const reconciliationKeys = {
  runs: (tenant: string) => ['reconciliations', tenant],
  run: (tenant: string, id: string) => ['reconciliation', tenant, id],
  items: (tenant: string, id: string, outcome: ItemChoice) => [
    'reconciliation',
    tenant,
    id,
    'items',
    outcome,
  ],
  ageing: (tenant: string) => ['reconciliation-ageing', tenant],
};
