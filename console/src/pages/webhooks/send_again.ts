import { replayWebhook, retryDelivery, type Delivery } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { webhookKeys } from './webhook_keys';

/** What one can do for a delivery; null: it is on its way for the first time. */
export function againWord({ state, attempts }: Delivery): string | null {
  if (state === 'delivered') return 'Replay';
  if (state === 'failed') return 'Retry';
  return attempts > 0 ? 'Retry now' : null;
}

/** One that was delivered is replayed by its event; the others have a way of their own. */
export function useSendAgain(webhook: string) {
  const { tenant } = useTenant();
  return useAction<Delivery>({
    run: ({ id, event_id, state }) =>
      state === 'delivered'
        ? replayWebhook(tenant, webhook, { event_ids: [event_id], only: 'all' })
        : retryDelivery(tenant, webhook, id),
    done: ({ event_type }) => `${event_type} is on its way again.`,
    changes: [webhookKeys.logs(tenant, webhook), webhookKeys.deliveries(tenant, webhook)],
  });
}
