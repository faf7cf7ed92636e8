import { call, type Answer, type Page } from './http';

export interface LinkDomain {
  host: string;
  /** Where the bare host leads. */
  root_url: string | null;
  /** Where a code leads that names no link. */
  not_found_url: string | null;
  created_at: string;
  updated_at: string;
}

export interface NewLinkDomain {
  host: string;
  root_url: string | null;
  not_found_url: string | null;
}

const kPath = '/v1/link-domains';

/** By host. */
export async function listDomains(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<LinkDomain>> {
  const query = { cursor, limit };
  return (await call<Page<LinkDomain>>('GET', kPath, { tenant, query, signal })).data;
}

export async function createDomain(tenant: string, domain: NewLinkDomain): Promise<LinkDomain> {
  return (await call<LinkDomain>('POST', kPath, { tenant, body: domain })).data;
}

export async function updateDomain(
  tenant: string,
  host: string,
  change: Omit<NewLinkDomain, 'host'>,
): Promise<Answer<LinkDomain>> {
  const path = `${kPath}/${encodeURIComponent(host)}`;
  return call<LinkDomain>('PATCH', path, { tenant, body: change });
}

export async function deleteDomain(tenant: string, host: string): Promise<void> {
  await call<undefined>('DELETE', `${kPath}/${encodeURIComponent(host)}`, { tenant });
}
