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
  return delivery.attempts > 0 ? (
    <Badge tone="bad">Retrying</Badge>
  ) : (
    <Badge tone="off">Pending</Badge>
  );
}

export function WebhookBadge({ webhook }: { webhook: Webhook }) {
  const { enabled, disabled_reason: reason, failing_since: failing } = webhook;
  if (!enabled) return <Badge tone={reason === 'disabled' ? 'off' : 'bad'}>Disabled</Badge>;
  return failing === null ? <Badge tone="good">Enabled</Badge> : <Badge tone="bad">Failing</Badge>;
}

/** Why Ashlar switched it off by itself; null where it did not. */
export function switchedOffWords({ disabled_reason: reason }: Webhook): string | null {
  if (reason === 'gone') return 'it answered 410, gone';
  return reason === 'failing' ? 'nothing but failures for 5 days' : null;
}

/** "204", or why there was no answer. */
export function answerWords(answer: { status: number | null; error: string | null }): string {
  const { status, error } = answer;
  if (status === null) return error ?? '–';
  return error === null || error.includes(String(status))
    ? (error ?? String(status))
    : `${status}: ${error}`;
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
