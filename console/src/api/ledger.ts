import { call, type Page } from './http';

export interface Account {
  id: string;
  currency: string;
  name: string | null;
  debits_must_not_exceed_credits: boolean;
  credits_must_not_exceed_debits: boolean;
  /** Kept by a part of Ashlar: callers of the API read it and move nothing on it. */
  reserved: boolean;
  closed: boolean;
  debits_pending: number;
  debits_posted: number;
  credits_pending: number;
  credits_posted: number;
  /** Posted credits less posted debits. */
  balance: number;
  /** What may still leave; null where no rule bounds it. */
  available: number | null;
  legs: number;
  created_at: string;
}

export interface Leg {
  number: number;
  transfer_id: string;
  kind: string;
  side: 'debit' | 'credit';
  amount: number;
  balance: number;
  at: string;
}

export interface TrialBalance {
  balanced: boolean;
  currencies: {
    currency: string;
    accounts: number;
    debits_pending: number;
    debits_posted: number;
    credits_pending: number;
    credits_posted: number;
    balanced: boolean;
  }[];
}

export interface Head {
  seq: number;
  transfers: number;
  at: string;
  hash: string;
  algorithm: string;
  public_key: string;
  signature: string;
}

const pathOf = (id: string) => `/v1/ledger/accounts/${encodeURIComponent(id)}`;

export async function listAccounts(
  tenant: string,
  currency: string | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Account>> {
  const query = { currency, cursor, limit };
  return (await call<Page<Account>>('GET', '/v1/ledger/accounts', { tenant, query, signal })).data;
}

export async function getAccount(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Account> {
  return (await call<Account>('GET', pathOf(id), { tenant, signal })).data;
}

export async function listLegs(
  tenant: string,
  id: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Leg>> {
  const query = { cursor, limit };
  return (await call<Page<Leg>>('GET', `${pathOf(id)}/legs`, { tenant, query, signal })).data;
}

export async function getTrialBalance(tenant: string, signal?: AbortSignal): Promise<TrialBalance> {
  return (await call<TrialBalance>('GET', '/v1/ledger/trial-balance', { tenant, signal })).data;
}

export async function getHead(tenant: string, signal?: AbortSignal): Promise<Head> {
  return (await call<Head>('GET', '/v1/ledger/head', { tenant, signal })).data;
}
