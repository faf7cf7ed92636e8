import { call } from './http';

export interface TopRow {
  rank: number;
  key: string;
  count: number;
  /** The true count is between these two; they are equal where counting is exact. */
  lower: number;
  upper: number;
  /** Surely among the first k, whatever the bounds leave open. */
  guaranteed: boolean;
}

export interface Top {
  dimension: string;
  window_s: number;
  since: string;
  as_of: string;
  total: number;
  exact: boolean;
  data: TopRow[];
}

export interface TopQuery {
  dimension: string;
  /** Seconds. */
  window: number;
  k: number;
}

export async function getTop(tenant: string, query: TopQuery, signal?: AbortSignal): Promise<Top> {
  const asked = { ...query };
  return (await call<Top>('GET', '/v1/activity/top', { tenant, query: asked, signal })).data;
}

export async function listDimensions(tenant: string, signal?: AbortSignal): Promise<string[]> {
  const path = '/v1/activity/dimensions';
  return (await call<{ data: string[] }>('GET', path, { tenant, signal })).data.data;
}

/** Of Ashlar's own requests, all tenants together. */
export async function getRequestsTop(query: TopQuery, signal?: AbortSignal): Promise<Top> {
  return (await call<Top>('GET', '/v1/requests/top', { query: { ...query }, signal })).data;
}

/** Events a second, on average over the answer's time. */
export function rateOf(top: Top): number {
  const spanMs = Date.parse(top.as_of) - Date.parse(top.since);
  return spanMs <= 0 ? 0 : (top.total * 1000) / spanMs;
}
