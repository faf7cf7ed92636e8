import { call, type Page } from './http';

export interface Tenant {
  id: string;
  name: string;
  created_at: string;
}

export async function listTenants(
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Tenant>> {
  return (await call<Page<Tenant>>('GET', '/v1/tenants', { query: { cursor, limit }, signal }))
    .data;
}

export async function createTenant(name: string): Promise<Tenant> {
  return (await call<Tenant>('POST', '/v1/tenants', { body: { name } })).data;
}
