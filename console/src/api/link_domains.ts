import { call, type Answer, type Page } from './http';

export type DomainProof = 'first_come' | 'operator' | 'dns';
export type CheckError = 'txt_missing' | 'txt_wrong' | 'dns_unavailable' | 'domain_held';

export interface LinkDomain {
  host: string;
  /** Where the bare host leads. */
  root_url: string | null;
  /** Where a code leads that names no link. */
  not_found_url: string | null;
  state: 'active' | 'unverified';
  proof: DomainProof | null;
  /** The record that makes it active; null once it is. */
  challenge: { name: string; type: string; value: string } | null;
  /** When the record was last looked for, and what was found instead. */
  checked_at: string | null;
  check_error: CheckError | null;
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

/** Looks for its record now: takes some seconds where the DNS is slow. */
export async function verifyDomain(tenant: string, host: string): Promise<LinkDomain> {
  const path = `${kPath}/${encodeURIComponent(host)}/verify`;
  return (await call<LinkDomain>('POST', path, { tenant })).data;
}

/** For the operator: a domain of any tenant. */
export interface ClaimedHost {
  id: string;
  /** Its id. */
  tenant: string;
  host: string;
  state: 'active' | 'unverified';
  proof: DomainProof | null;
  created_at: string;
}

export async function listClaims(host: string, signal?: AbortSignal): Promise<ClaimedHost[]> {
  const query = { host, limit: 100 };
  const path = '/v1/operator-link-domains';
  return (await call<Page<ClaimedHost>>('GET', path, { query, signal })).data.data;
}

export async function decideClaim(id: string, decision: 'approve' | 'revoke'): Promise<void> {
  const path = `/v1/operator-link-domains/${encodeURIComponent(id)}/${decision}`;
  await call<ClaimedHost>('POST', path);
}
