import { call, type Page } from './http';

export interface Webhook {
  id: string;
  url: string;
  description: string | null;
  /** "link.created", "link.*" or "*". */
  event_types: string[];
  enabled: boolean;
  /** Why Ashlar switched it off by itself. */
  disabled_reason: string | null;
  created_at: string;
}

/** The only answers that hold the secret. */
export interface WebhookSecret extends Webhook {
  secret: string;
}

export interface WebhookChange {
  url?: string;
  description?: string;
  event_types?: string[];
  enabled?: boolean;
}

export const kDeliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof kDeliveryStates)[number];

export interface DeliveryAttempt {
  attempt: number;
  started_at: string;
  duration_ms: number;
  /** null: there was no answer; then `error` says why. */
  status: number | null;
  error: string | null;
  response: string | null;
}

export interface Delivery {
  id: string;
  webhook_id: string;
  event_id: string;
  event_type: string;
  state: DeliveryState;
  attempt: number;
  max_attempts: number;
  last_status: number | null;
  last_error: string | null;
  created_at: string;
  next_attempt_at: string | null;
  ended_at: string | null;
  /** The two only of one delivery, not in lists. */
  payload?: unknown;
  attempts?: DeliveryAttempt[];
}

const kPath = '/v1/webhooks';
const pathOf = (id: string) => `${kPath}/${encodeURIComponent(id)}`;
const deliveryPath = (webhook: string, id: string) =>
  `${pathOf(webhook)}/deliveries/${encodeURIComponent(id)}`;

export async function listWebhooks(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Webhook>> {
  return (await call<Page<Webhook>>('GET', kPath, { tenant, query: { cursor, limit }, signal }))
    .data;
}

export async function getWebhook(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Webhook> {
  return (await call<Webhook>('GET', pathOf(id), { tenant, signal })).data;
}

export async function createWebhook(
  tenant: string,
  webhook: { url: string; event_types: string[]; description?: string },
): Promise<WebhookSecret> {
  return (await call<WebhookSecret>('POST', kPath, { tenant, body: webhook })).data;
}

export async function updateWebhook(
  tenant: string,
  id: string,
  change: WebhookChange,
): Promise<Webhook> {
  return (await call<Webhook>('PATCH', pathOf(id), { tenant, body: change })).data;
}

export async function deleteWebhook(tenant: string, id: string): Promise<void> {
  await call<undefined>('DELETE', pathOf(id), { tenant });
}

export async function rotateSecret(tenant: string, id: string): Promise<{ secret: string }> {
  const path = `${pathOf(id)}/rotate`;
  return (await call<{ secret: string }>('POST', path, { tenant, body: {} })).data;
}

export async function testWebhook(tenant: string, id: string): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/test`, { tenant, body: {} });
}

export async function listDeliveries(
  tenant: string,
  webhook: string,
  state: DeliveryState | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Delivery>> {
  const query = { state, cursor, limit };
  const path = `${pathOf(webhook)}/deliveries`;
  return (await call<Page<Delivery>>('GET', path, { tenant, query, signal })).data;
}

export async function getDelivery(
  tenant: string,
  webhook: string,
  id: string,
  signal?: AbortSignal,
): Promise<Delivery> {
  return (await call<Delivery>('GET', deliveryPath(webhook, id), { tenant, signal })).data;
}

export async function replayDelivery(tenant: string, webhook: string, id: string): Promise<void> {
  const path = `${deliveryPath(webhook, id)}/replay`;
  await call<unknown>('POST', path, { tenant, body: {} });
}
