import { call, download } from './http';
import { pathOf, type LinkName } from './links';

export const kDimensions = [
  'link',
  'referrer',
  'country',
  'region',
  'device',
  'browser',
  'os',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'choice',
] as const;
export type Dimension = (typeof kDimensions)[number];

export interface Traffic {
  clicks: number;
  /** Different ones, estimated; bots are none. */
  visitors: number;
  bots: number;
}

export interface TrafficPoint extends Traffic {
  start: string;
}

export interface TopList {
  dimension: Dimension;
  values: { value: string; clicks: number }[];
  /** Clicks of values not in the list. */
  other: number;
  /** Clicks without a value. */
  unknown: number;
  /** Each value may have had so many clicks more; 0: exact. */
  error: number;
}

export interface LinkReport {
  from: string;
  to: string;
  zone: string;
  interval: 'hour' | 'day' | 'month';
  as_of: string;
  totals: Traffic;
  /** Of how many clicks more is known than that they were. */
  detail: { sampled: boolean; one_in: number; kept: number; of: number };
  series: TrafficPoint[];
  top: TopList[];
}

/** Whose clicks: of one link, or of all that have these. */
export type Scope =
  { name: LinkName } | { tag: string | null; owner: string | null; domain: string | null };

export interface ReportRange {
  from: string | null;
  to: string | null;
  zone: string;
  interval: 'hour' | 'day' | 'month' | null;
  bots: boolean;
}

function routeOf(scope: Scope): { path: string; query: Record<string, string | null> } {
  if ('name' in scope) {
    return { path: pathOf(scope.name, 'analytics'), query: { domain: scope.name.domain } };
  }
  return { path: '/v1/link-analytics', query: { ...scope } };
}

export async function getReport(
  tenant: string,
  scope: Scope,
  range: ReportRange,
  signal?: AbortSignal,
): Promise<LinkReport> {
  const { path, query } = routeOf(scope);
  const options = { tenant, query: { ...query, ...range }, signal };
  return (await call<LinkReport>('GET', path, options)).data;
}

export async function exportReport(
  tenant: string,
  scope: Scope,
  range: ReportRange,
  format: 'csv' | 'jsonl',
): Promise<Blob> {
  const { path, query } = routeOf(scope);
  return download(`${path}/export`, { tenant, query: { ...query, ...range, format } });
}
