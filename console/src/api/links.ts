import { call, type Answer, type Page } from './http';
import type { Rule, Variant } from './link_rules';

export const kRedirectStatuses = [301, 302, 307, 308] as const;
export type RedirectStatus = (typeof kRedirectStatuses)[number];

/** What is said of a link: visitors of a flagged one get a warning, the others notice nothing. */
export const kFlags = ['none', 'suspected', 'flagged', 'cleared'] as const;
export type Flag = (typeof kFlags)[number];

/** A code is unique on its domain only. */
export interface LinkName {
  code: string;
  /** null: the installation's own. */
  domain: string | null;
}

export interface Link {
  code: string;
  domain?: string | null;
  short_url: string;
  url: string;
  status: RedirectStatus;
  expires_at: string | null;
  enabled: boolean;
  valid_from: string | null;
  expired_url: string | null;
  max_clicks: number | null;
  clicks_left: number | null;
  has_password: boolean;
  forward_query: boolean;
  rules: Rule[];
  variants: Variant[];
  title: string | null;
  notes: string | null;
  owner: string | null;
  tags: string[];
  archived: boolean;
  flag: Flag;
  created_at: string;
  updated_at: string;
  clicks: number;
}

export interface NewLink {
  url: string;
  code?: string;
  domain?: string;
  status?: RedirectStatus;
  expires_at?: string;
  tags?: string[];
}

/** What is not there stays; null takes it away. */
export interface LinkChange {
  url?: string;
  status?: RedirectStatus;
  expires_at?: string | null;
  enabled?: boolean;
  valid_from?: string | null;
  expired_url?: string | null;
  max_clicks?: number | null;
  password?: string | null;
  forward_query?: boolean;
  rules?: Rule[];
  variants?: Variant[];
  title?: string | null;
  notes?: string | null;
  owner?: string | null;
  tags?: string[];
  archived?: boolean;
}

export interface LinkFilter {
  q: string;
  enabled: boolean | null;
  archived: boolean | null;
  tag: string | null;
  owner: string | null;
  domain: string | null;
}

export const kEveryLink: LinkFilter = {
  q: '',
  enabled: null,
  archived: null,
  tag: null,
  owner: null,
  domain: null,
};

export interface LinkTag {
  tag: string;
  links: number;
}

export const nameOf = (link: Link): LinkName => ({ code: link.code, domain: link.domain ?? null });

/** Of one link, or of something that it has: "stats". */
export function pathOf({ code }: LinkName, part?: string): string {
  const path = `/v1/links/${encodeURIComponent(code)}`;
  return part === undefined ? path : `${path}/${part}`;
}

export async function listLinks(
  tenant: string,
  filter: LinkFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Link>> {
  const query = { limit, cursor, ...filter };
  return (await call<Page<Link>>('GET', '/v1/links', { tenant, query, signal })).data;
}

export async function createLink(tenant: string, link: NewLink): Promise<Link> {
  return (await call<Link>('POST', '/v1/links', { tenant, body: link })).data;
}

export async function getLink(
  tenant: string,
  name: LinkName,
  signal?: AbortSignal,
): Promise<Answer<Link>> {
  return call<Link>('GET', pathOf(name), { tenant, query: { domain: name.domain }, signal });
}

/** With an etag the change is refused (412) when someone else changed the link since. */
export async function updateLink(
  tenant: string,
  name: LinkName,
  change: LinkChange,
  etag: string | null = null,
): Promise<Answer<Link>> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-Match': etag };
  const query = { domain: name.domain };
  return call<Link>('PATCH', pathOf(name), { tenant, query, body: change, headers });
}

/** In their order. */
export async function listTags(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<LinkTag>> {
  const query = { cursor, limit };
  return (await call<Page<LinkTag>>('GET', '/v1/link-tags', { tenant, query, signal })).data;
}
