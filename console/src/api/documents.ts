import { call, download, type Page } from './http';

export interface DocumentInfo {
  name: string;
  created_at: string;
  updated_at: string;
  /** Changes that its log has seen. */
  updates: number;
  /** Of its state, as it is stored. */
  bytes: number;
  /** Open at this moment. */
  sessions: number;
}

export const kAccesses = ['read', 'comment', 'write'] as const;
export type Access = (typeof kAccesses)[number];

export interface DocumentSession {
  id: string;
  /** Where he is connected. */
  instance: string;
  user: string;
  name: string;
  access: Access;
  wire: string;
  connected_at: string;
}

export interface DocumentSessions {
  data: DocumentSession[];
  /** Those that have told, first the one that was asked. */
  instances: string[];
  /** Those that have not answered: who is there is not in `data`. */
  missing: string[];
  truncated: boolean;
}

export interface DocumentVersion {
  id: string;
  at: string;
  /** null: it was kept by itself. */
  label: string | null;
  /** Who changed something since the version before. */
  users: string[];
  updates: number;
}

/** A step of a delta, as yjs and Quill have them; `old` is what was deleted. */
export interface DeltaOp {
  retain?: number;
  insert?: unknown;
  delete?: number;
  old?: unknown;
  attributes?: Record<string, unknown>;
}

export interface KeyChange {
  action: 'add' | 'update' | 'delete';
  old?: unknown;
  new?: unknown;
}

/** What differs in one type of a document, to which `path` leads. */
export interface DocumentChange {
  path: (string | number)[];
  delta?: DeltaOp[];
  keys?: Record<string, KeyChange>;
}

export interface DocumentChanges {
  changes: DocumentChange[];
  truncated: boolean;
}

/** What one user brought of a list or text; `path` leads to it from the root. */
export interface AuthoredRange {
  path: (number | string)[];
  key: string | null;
  from: number;
  length: number;
  user: string | null;
  at: string | null;
  version: string | null;
}

export interface Attribution {
  version: string;
  ranges: AuthoredRange[];
  truncated: boolean;
}

export interface DocumentToken {
  token: string;
  expires_at: string;
}

function path(name: string, rest = ''): string {
  return `/v1/documents/${encodeURIComponent(name)}${rest}`;
}

export async function listDocuments(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<DocumentInfo>> {
  const query = { cursor, limit };
  return (await call<Page<DocumentInfo>>('GET', '/v1/documents', { tenant, query, signal })).data;
}

export async function createDocument(tenant: string, name: string): Promise<DocumentInfo> {
  return (await call<DocumentInfo>('POST', '/v1/documents', { tenant, body: { name } })).data;
}

export async function getDocument(
  tenant: string,
  name: string,
  signal?: AbortSignal,
): Promise<DocumentInfo> {
  return (await call<DocumentInfo>('GET', path(name), { tenant, signal })).data;
}

export async function deleteDocument(tenant: string, name: string): Promise<void> {
  await call<undefined>('DELETE', path(name), { tenant });
}

export async function listSessions(
  tenant: string,
  name: string,
  signal?: AbortSignal,
): Promise<DocumentSessions> {
  return (await call<DocumentSessions>('GET', path(name, '/sessions'), { tenant, signal })).data;
}

export async function endSession(tenant: string, name: string, id: string): Promise<void> {
  await call<undefined>('DELETE', path(name, `/sessions/${encodeURIComponent(id)}`), { tenant });
}

export async function listVersions(
  tenant: string,
  name: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<DocumentVersion>> {
  const query = { cursor, limit };
  return (
    await call<Page<DocumentVersion>>('GET', path(name, '/versions'), { tenant, query, signal })
  ).data;
}

export async function nameVersion(
  tenant: string,
  name: string,
  label: string,
): Promise<DocumentVersion> {
  return (await call<DocumentVersion>('POST', path(name, '/versions'), { tenant, body: { label } }))
    .data;
}

/** A Yjs update that makes the document as it was then. */
export async function versionState(
  tenant: string,
  name: string,
  id: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const file = await download(path(name, `/versions/${encodeURIComponent(id)}/state`), {
    tenant,
    signal,
  });
  return new Uint8Array(await file.arrayBuffer());
}

/** Makes the document read as it did then, for everybody who has it open. */
export async function restoreVersion(
  tenant: string,
  name: string,
  id: string,
): Promise<{ version: string; changed: boolean }> {
  const rest = `/versions/${encodeURIComponent(id)}/restore`;
  return (await call<{ version: string; changed: boolean }>('POST', path(name, rest), { tenant }))
    .data;
}

/** What has changed since then in what the editor shows. */
export async function changesSince(
  tenant: string,
  name: string,
  id: string,
  signal?: AbortSignal,
): Promise<DocumentChanges> {
  const query = { from: id, root: 'default' };
  return (await call<DocumentChanges>('GET', path(name, '/diff'), { tenant, query, signal })).data;
}

/** Who brought what the editor shows. */
export async function attributionOf(
  tenant: string,
  name: string,
  signal?: AbortSignal,
): Promise<Attribution> {
  const query = { root: 'default' };
  return (await call<Attribution>('GET', path(name, '/attribution'), { tenant, query, signal }))
    .data;
}

/** What a root holds; the server guesses of which type it is. */
export async function rootAsJson(
  tenant: string,
  name: string,
  root: string,
  signal?: AbortSignal,
): Promise<unknown> {
  const query = { root };
  return (await call<unknown>('GET', path(name, '/json'), { tenant, query, signal })).data;
}

export async function createToken(
  tenant: string,
  name: string,
  body: { access: Access; ttl_s: number; user?: string; name?: string },
): Promise<DocumentToken> {
  return (await call<DocumentToken>('POST', path(name, '/tokens'), { tenant, body })).data;
}
