import { call, type Page } from './http';

export const kPaymentStates = [
  'needs_method',
  'needs_confirmation',
  'needs_action',
  'processing',
  'capturable',
  'succeeded',
  'canceled',
] as const;
export type PaymentState = (typeof kPaymentStates)[number];

export interface Decline {
  code: string;
  message: string;
}

export interface Attempt {
  id: string;
  state: 'open' | 'unknown' | 'needs_action' | 'authorized' | 'declined' | 'not_done';
  provider: string;
  reference: string | null;
  payment_method: string | null;
  network: string | null;
  last4: string | null;
  authorized: number;
  decline: Decline | null;
  at: string;
  expires_at: string | null;
}

export type RefundState = 'open' | 'unknown' | 'pending' | 'succeeded' | 'failed' | 'canceled';

export interface Refund {
  id: string;
  state: RefundState;
  amount: number;
  currency: string;
  reason: string | null;
  failure: string | null;
  created_at: string;
}

export type DisputeState = 'needs_response' | 'under_review' | 'won' | 'lost';

export interface Dispute {
  id: string;
  payment: string;
  state: DisputeState;
  amount: number;
  fee: number;
  currency: string;
  reason: string;
  evidence: Record<string, string>;
  submissions: number;
  /** Lost because its deadline passed. */
  expired: boolean;
  created_at: string;
  due_by: string | null;
}

export type PayoutState = 'open' | 'unknown' | 'in_transit' | 'paid' | 'failed';

export interface Payout {
  id: string;
  state: PayoutState;
  provider: string;
  amount: number;
  currency: string;
  destination: string | null;
  failure: string | null;
  created_at: string;
}

export interface Payment {
  id: string;
  state: PaymentState;
  amount: number;
  currency: string;
  capture: 'automatic' | 'manual';
  amount_capturable: number;
  amount_captured: number;
  amount_refunded: number;
  amount_disputed: number;
  amount_refundable: number;
  customer: string | null;
  payment_method: string | null;
  description: string | null;
  merchant_reference: string | null;
  cancel_reason: string | null;
  next_action: { type: string; url: string } | null;
  decline: Decline | null;
  metadata: Record<string, string>;
  attempts: Attempt[];
  refunds: Refund[];
  disputes: Dispute[];
  created_at: string;
}

/** event: a change. call: of a provider. notice: told by one. journal: of the ledger. */
export type StoryKind = 'event' | 'call' | 'notice' | 'journal';

export interface StoryLine {
  at: string;
  kind: StoryKind;
  what: string;
  text: string;
  id: string;
  request_id: string | null;
  idempotency_key: string | null;
}

export interface Story {
  lines: StoryLine[];
}

export interface Balances {
  balances: { currency: string; pending: number; available: number }[];
}

const pathOf = (id: string) => `/v1/payments/${encodeURIComponent(id)}`;
const disputePath = (id: string) => `/v1/disputes/${encodeURIComponent(id)}`;

export async function listPayments(
  tenant: string,
  state: PaymentState | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Payment>> {
  const query = { state, cursor, limit };
  return (await call<Page<Payment>>('GET', '/v1/payments', { tenant, query, signal })).data;
}

export async function getPayment(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Payment> {
  return (await call<Payment>('GET', pathOf(id), { tenant, signal })).data;
}

export async function explainPayment(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Story> {
  return (await call<Story>('GET', `${pathOf(id)}/explain`, { tenant, signal })).data;
}

async function move(tenant: string, path: string, key: string, body?: object): Promise<void> {
  const headers = { 'Idempotency-Key': key };
  await call<unknown>('POST', path, { tenant, headers, ...(body === undefined ? {} : { body }) });
}

export interface CaptureAsked {
  amount: number;
  /** What is left is released. */
  last: boolean;
}

export const capturePayment = (tenant: string, id: string, key: string, body: CaptureAsked) =>
  move(tenant, `${pathOf(id)}/capture`, key, body);

export const cancelPayment = (tenant: string, id: string, key: string) =>
  move(tenant, `${pathOf(id)}/cancel`, key, {});

export interface RefundAsked {
  amount: number;
  reason?: string;
}

export const refundPayment = (tenant: string, id: string, key: string, body: RefundAsked) =>
  move(tenant, `${pathOf(id)}/refunds`, key, body);

export async function listDisputes(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Dispute>> {
  const query = { cursor, limit };
  return (await call<Page<Dispute>>('GET', '/v1/disputes', { tenant, query, signal })).data;
}

export async function getDispute(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Dispute> {
  return (await call<Dispute>('GET', disputePath(id), { tenant, signal })).data;
}

export interface EvidenceAsked {
  evidence: Record<string, string>;
  submit: boolean;
}

export const giveEvidence = (tenant: string, id: string, key: string, body: EvidenceAsked) =>
  move(tenant, `${disputePath(id)}/evidence`, key, body);

export const closeDispute = (tenant: string, id: string, key: string) =>
  move(tenant, `${disputePath(id)}/close`, key);

export async function listPayouts(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Payout>> {
  const query = { cursor, limit };
  return (await call<Page<Payout>>('GET', '/v1/payouts', { tenant, query, signal })).data;
}

export async function getBalances(tenant: string, signal?: AbortSignal): Promise<Balances> {
  return (await call<Balances>('GET', '/v1/payments/balance', { tenant, signal })).data;
}
