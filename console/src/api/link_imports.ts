import { call, downloadPart, type FilePage, type Page } from './http';

export const kImportSources = ['shlink', 'kutt', 'yourls', 'bitly', 'jsonl'] as const;
export type ImportSource = (typeof kImportSources)[number];

export const kImportFormats = ['csv', 'json', 'jsonl'] as const;
export type ImportFormat = (typeof kImportFormats)[number];

export type ImportState = 'open' | 'running' | 'done' | 'failed' | 'cancelled';

export interface LinkImport {
  id: string;
  source: ImportSource;
  format: ImportFormat;
  /** For all rows; null: each row's own. */
  domain: string | null;
  state: ImportState;
  /** Of the file so far, and how many of them have been read. */
  bytes: number;
  bytes_done: number;
  rows: number;
  created: number;
  existing: number;
  refused: number;
  /** Of "failed". */
  error: string | null;
  created_at: string;
  updated_at: string;
}

export interface NewLinkImport {
  source: ImportSource;
  format: ImportFormat;
  domain: string | null;
}

/** A row that became no link. */
export interface Refusal {
  row: number;
  code: string;
  url: string;
  reason: string;
  detail: string;
}

/** The largest part that the server takes. */
export const kPartBytes = 4 * 1024 * 1024;

const kPath = '/v1/link-imports';
const kExportLinks = 10_000;
const pathOf = (id: string, part: string) => `${kPath}/${encodeURIComponent(id)}/${part}`;

export async function listImports(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<LinkImport>> {
  const query = { cursor, limit };
  return (await call<Page<LinkImport>>('GET', kPath, { tenant, query, signal })).data;
}

export async function createImport(tenant: string, wanted: NewLinkImport): Promise<LinkImport> {
  return (await call<LinkImport>('POST', kPath, { tenant, body: wanted })).data;
}

/** From 1; sending one again replaces it. */
export async function putPart(
  tenant: string,
  id: string,
  number: number,
  part: Blob,
  signal: AbortSignal,
): Promise<void> {
  await call<LinkImport>('PUT', pathOf(id, `parts/${number}`), { tenant, file: part, signal });
}

export async function startImport(tenant: string, id: string): Promise<void> {
  await call<LinkImport>('POST', pathOf(id, 'start'), { tenant });
}

export async function cancelImport(tenant: string, id: string): Promise<void> {
  await call<LinkImport>('POST', pathOf(id, 'cancel'), { tenant });
}

/** The first 10,000 of an import, in their order. */
export async function listRefusals(
  tenant: string,
  id: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Refusal>> {
  const query = { cursor, limit };
  return (await call<Page<Refusal>>('GET', pathOf(id, 'report'), { tenant, query, signal })).data;
}

/** `next`: as the part before named it. */
export async function exportPart(
  tenant: string,
  withHashes: boolean,
  next: string | null,
  signal: AbortSignal,
): Promise<FilePage> {
  if (next !== null) return downloadPart(next, { tenant, signal });
  const query = { limit: kExportLinks, password_hashes: withHashes };
  return downloadPart('/v1/link-export', { tenant, query, signal });
}
