import { call, type Page } from './http';

export const kScopes = [
  'links:read',
  'links:write',
  'activity:read',
  'activity:write',
  'limits:check',
  'limits:read',
  'limits:write',
  'events:read',
  'tasks:read',
  'tasks:write',
  'webhooks:read',
  'webhooks:write',
  'sagas:read',
  'sagas:write',
  'keys:read',
  'keys:write',
] as const;
export type Scope = (typeof kScopes)[number];

export interface Key {
  id: string;
  name: string | null;
  /** The first characters of the key, enough to recognise it and too few to use it. */
  prefix: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** The only answer that ever holds the key itself. */
export interface CreatedKey extends Key {
  key: string;
}

export interface NewKey {
  name?: string;
  scopes: Scope[];
  expires_at?: string;
}

export async function listKeys(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Key>> {
  const query = { cursor, limit };
  return (await call<Page<Key>>('GET', '/v1/keys', { tenant, query, signal })).data;
}

export async function createKey(tenant: string, key: NewKey): Promise<CreatedKey> {
  return (await call<CreatedKey>('POST', '/v1/keys', { tenant, body: key })).data;
}

export async function revokeKey(tenant: string, id: string): Promise<void> {
  await call<undefined>('DELETE', `/v1/keys/${encodeURIComponent(id)}`, { tenant });
}
