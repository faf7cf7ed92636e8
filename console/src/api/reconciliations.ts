import { call, download, type Page } from './http';

export interface RunTotals {
  currency: string;
  statement_lines: number;
  our_lines: number;
  statement_amount: number;
  statement_fee: number;
  our_amount: number;
  our_fee: number;
  /** The statement's net less ours. */
  difference: number;
  /** What the statement's own balances say beyond its lines. */
  unexplained: number;
  matched: number;
  missing: number;
  extra: number;
  amount: number;
  fee: number;
  date: number;
}

export interface Run {
  id: string;
  provider: string;
  day: string;
  version: number;
  state: 'running' | 'done' | 'replaced';
  format: 'csv' | 'camt.053' | 'sandbox';
  statement_id: string | null;
  asked_by: string;
  lines: number;
  breaks: number;
  open_breaks: number;
  totals: RunTotals[];
  at: string;
}

export type Outcome = 'matched' | 'missing' | 'extra' | 'amount' | 'fee' | 'date';

export interface Half {
  amount: number;
  fee: number;
  day: string;
}

export interface Item {
  reconciliation: string;
  number: number;
  provider: string;
  day: string;
  outcome: Outcome;
  /** null: it is no break. */
  state: 'open' | 'resolved' | 'replaced' | null;
  type: string;
  reference: string;
  currency: string;
  description: string;
  payment: string | null;
  ours: Half | null;
  statement: Half | null;
  difference: number;
  suspense: number;
  resolution: string | null;
  resolved_by: string | null;
  resolved_by_run: string | null;
  note: string | null;
}

export interface Ageing {
  day: string;
  open: {
    provider: string;
    currency: string;
    breaks: number;
    ages: { days: string; breaks: number; difference: number; at_stake: number }[];
  }[];
}

const kRuns = '/v1/reconciliations';
const pathOf = (id: string) => `${kRuns}/${encodeURIComponent(id)}`;

export async function listRuns(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Run>> {
  const query = { cursor, limit };
  return (await call<Page<Run>>('GET', kRuns, { tenant, query, signal })).data;
}

export async function getRun(tenant: string, id: string, signal?: AbortSignal): Promise<Run> {
  return (await call<Run>('GET', pathOf(id), { tenant, signal })).data;
}

export type ItemChoice = 'break' | 'matched';

export async function listItems(
  tenant: string,
  id: string,
  outcome: ItemChoice,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Item>> {
  const query = { outcome, cursor, limit };
  return (await call<Page<Item>>('GET', `${pathOf(id)}/items`, { tenant, query, signal })).data;
}

export async function getAgeing(tenant: string, signal?: AbortSignal): Promise<Ageing> {
  return (await call<Ageing>('GET', `${kRuns}/ageing`, { tenant, signal })).data;
}

export interface RunAsked {
  provider: string;
  day: string;
  replace: boolean;
  /** Without it the provider's own is asked for. */
  statement: File | null;
}

export async function reconcile(tenant: string, asked: RunAsked): Promise<Run> {
  const { provider, day, replace, statement } = asked;
  const query = { provider, day, replace };
  const file = statement === null ? {} : { file: statement };
  return (await call<Run>('POST', kRuns, { tenant, query, ...file })).data;
}

export const kResolutions = ['written_off', 'corrected', 'explained'] as const;
export type Resolution = (typeof kResolutions)[number];

export async function resolveBreak(
  tenant: string,
  item: Item,
  resolution: Resolution,
  note: string,
): Promise<Item> {
  const path = `${pathOf(item.reconciliation)}/items/${item.number}/resolve`;
  return (await call<Item>('POST', path, { tenant, body: { resolution, note } })).data;
}

export function downloadReport(tenant: string, id: string, format: 'csv' | 'html'): Promise<Blob> {
  const query = { format, ...(format === 'csv' ? { lines: 'all' } : {}) };
  return download(`${pathOf(id)}/report`, { tenant, query });
}
