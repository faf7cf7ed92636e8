import { call, type Answer, type Page } from './http';

export const kRedirectStatuses = [301, 302, 307, 308] as const;
export type RedirectStatus = (typeof kRedirectStatuses)[number];

export interface Link {
  code: string;
  short_url: string;
  url: string;
  status: RedirectStatus;
  expires_at: string | null;
  enabled: boolean;
  created_at: string;
  updated_at: string;
  clicks: number;
}

export interface NewLink {
  url: string;
  code?: string;
  status?: RedirectStatus;
  expires_at?: string;
}

export interface LinkChange {
  url?: string;
  status?: RedirectStatus;
  /** null takes the expiry away. */
  expires_at?: string | null;
  enabled?: boolean;
}

export interface LinkFilter {
  q: string;
  enabled: boolean | null;
}

function pathOf(code: string): string {
  return `/v1/links/${encodeURIComponent(code)}`;
}

export async function listLinks(
  tenant: string,
  filter: LinkFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Link>> {
  const query = { limit, cursor, q: filter.q, enabled: filter.enabled };
  return (await call<Page<Link>>('GET', '/v1/links', { tenant, query, signal })).data;
}

export async function createLink(tenant: string, link: NewLink): Promise<Link> {
  return (await call<Link>('POST', '/v1/links', { tenant, body: link })).data;
}

export async function getLink(
  tenant: string,
  code: string,
  signal?: AbortSignal,
): Promise<Answer<Link>> {
  return call<Link>('GET', pathOf(code), { tenant, signal });
}

/** With an etag the change is refused (412) when someone else changed the link since. */
export async function updateLink(
  tenant: string,
  code: string,
  change: LinkChange,
  etag: string | null = null,
): Promise<Answer<Link>> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-Match': etag };
  return call<Link>('PATCH', pathOf(code), { tenant, body: change, headers });
}
