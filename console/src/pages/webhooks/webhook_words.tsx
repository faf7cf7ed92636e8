// States and event types as people say them.
import type { Delivery, DeliveryState, Webhook } from '../../api/webhooks';
import { Badge } from '../../ui/badge';

export const kStateWords: Record<DeliveryState, string> = {
  pending: 'Pending',
  delivered: 'Delivered',
  failed: 'Failed',
};

export function DeliveryBadge({ delivery }: { delivery: Delivery }) {
  if (delivery.state === 'delivered') return <Badge tone="good">Delivered</Badge>;
  if (delivery.state === 'failed') return <Badge tone="bad">Failed</Badge>;
  return delivery.attempt > 0 ? (
    <Badge tone="bad">Retrying</Badge>
  ) : (
    <Badge tone="off">Pending</Badge>
  );
}

export function WebhookBadge({ webhook }: { webhook: Webhook }) {
  if (webhook.enabled) return <Badge tone="good">Enabled</Badge>;
  return webhook.disabled_reason === null ? (
    <Badge tone="off">Disabled</Badge>
  ) : (
    <Badge tone="bad">Disabled</Badge>
  );
}

export function typesText(types: readonly string[]): string {
  return types.join(', ');
}

/** Commas, spaces or lines between them. */
export function typesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((type) => type !== '');
}

export function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, '');
}
