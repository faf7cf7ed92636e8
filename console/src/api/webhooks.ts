import { call, type Answer, type Page } from './http';

export const kSignatures = ['hmac', 'ed25519'] as const;
export type Signature = (typeof kSignatures)[number];
export const kFormats = ['standard', 'cloudevents'] as const;
export type Format = (typeof kFormats)[number];

export interface Webhook {
  id: string;
  url: string;
  description: string | null;
  /** "link.created", "link.*" or "*". */
  event_types: string[];
  signature: Signature;
  /** Only in the answer that makes it, and only of hmac. */
  secret?: string;
  /** Of each key pair that signs now, newest first. */
  public_keys: string[];
  format: Format;
  /** One delivery at a time, in the order of the events. */
  ordered: boolean;
  rate_per_s: number | null;
  max_running: number;
  enabled: boolean;
  disabled_reason: 'disabled' | 'gone' | 'failing' | null;
  /** No attempt has succeeded since then. */
  failing_since: string | null;
  disabled_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface WebhookChange {
  url?: string;
  description?: string | null;
  event_types?: string[];
  format?: Format;
  ordered?: boolean;
  rate_per_s?: number | null;
  max_running?: number;
  enabled?: boolean;
}

export interface NewWebhook extends WebhookChange {
  url: string;
  event_types: string[];
  signature?: Signature;
}

export const kDeliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof kDeliveryStates)[number];

export interface DeliveryAttempt {
  number: number;
  at: string;
  duration_ms: number;
  /** null: there was no answer; then `error` says why. */
  status: number | null;
  error: string | null;
  /** The first bytes of the answer's body. */
  answer: string | null;
}

export interface Delivery {
  id: string;
  event_id: string;
  event_type: string;
  state: DeliveryState;
  /** Of a test send. */
  test: boolean;
  /** Made so far. */
  attempts: number;
  /** Of the last answer; null: there was none. */
  status: number | null;
  error: string | null;
  created_at: string;
  attempted_at: string | null;
  next_attempt_at: string | null;
  /** Newest first; only of one delivery, not in lists. */
  history?: DeliveryAttempt[];
}

/** Those of a time, or of some events. */
export interface Replay {
  from?: string;
  to?: string;
  event_ids?: string[];
  only: 'failed' | 'all';
  cursor?: string;
}

export interface Replayed {
  replayed: number;
  next_cursor: string | null;
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
): Promise<Answer<Webhook>> {
  return call<Webhook>('GET', pathOf(id), { tenant, signal });
}

export async function createWebhook(tenant: string, webhook: NewWebhook): Promise<Webhook> {
  return (await call<Webhook>('POST', kPath, { tenant, body: webhook })).data;
}

/** With an etag the change is refused (412) when someone else changed the webhook since. */
export async function updateWebhook(
  tenant: string,
  id: string,
  change: WebhookChange,
  etag: string | null = null,
): Promise<Webhook> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-Match': etag };
  return (await call<Webhook>('PATCH', pathOf(id), { tenant, body: change, headers })).data;
}

export async function deleteWebhook(tenant: string, id: string): Promise<void> {
  await call<undefined>('DELETE', pathOf(id), { tenant });
}

export async function rotateSecret(tenant: string, id: string): Promise<Webhook> {
  return (await call<Webhook>('POST', `${pathOf(id)}/rotate-secret`, { tenant, body: {} })).data;
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

/** A failed one from the start, a pending one now. */
export async function retryDelivery(tenant: string, webhook: string, id: string): Promise<void> {
  await call<unknown>('POST', `${deliveryPath(webhook, id)}/retry`, { tenant });
}

export async function replayWebhook(
  tenant: string,
  webhook: string,
  what: Replay,
): Promise<Replayed> {
  const path = `${pathOf(webhook)}/replay`;
  return (await call<Replayed>('POST', path, { tenant, body: what })).data;
}
