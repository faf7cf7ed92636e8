// The one place that talks to the server. Everything in src/api builds on `call`.
import { ApiError, parseProblem } from './problem';

export interface CallOptions {
  tenant?: string;
  body?: unknown;
  /** Instead of `body`: sent as it is. */
  file?: Blob;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** Lost connections look like an error of the server's own, so that pages handle one kind only. */
export const kUnreachable = 'unreachable';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Headers of every request: the first proves that a page of ours sent it (cross-site forms cannot). */
export function headersFor(options: Pick<CallOptions, 'tenant' | 'headers'>): Headers {
  const headers = new Headers(options.headers);
  headers.set('X-Requested-With', 'ashlar-console');
  if (options.tenant !== undefined) headers.set('Ashlar-Tenant', options.tenant);
  return headers;
}

export function pathWithQuery(path: string, query: CallOptions['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
  }
  const encoded = params.toString();
  return encoded === '' ? path : `${path}?${encoded}`;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export async function problemOf(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: parseProblem falls back on the status line.
  }
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new ApiError(
    parseProblem(response.status, response.statusText, body),
    Number.isNaN(retryAfter) ? null : retryAfter,
  );
}

export function unreachable(): ApiError {
  const detail = 'The server did not answer. Is it running?';
  return new ApiError(parseProblem(0, 'Unreachable', { reason: kUnreachable, detail }));
}

/** Sends one request; resolves with an answer that is no error, or throws ApiError (or AbortError). */
async function send(method: Method, path: string, options: CallOptions, accept: string) {
  const headers = headersFor(options);
  headers.set('Accept', accept);
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(options.body);
  } else if (options.file !== undefined) {
    init.body = options.file;
  }

  let response: Response;
  try {
    response = await fetch(pathWithQuery(path, options.query), init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Resolves with the parsed body and ETag. */
export async function call<T>(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  const response = await send(method, path, options, 'application/json');
  // The cast is the boundary of trust: shapes are promised by the server's OpenAPI description.
  const data = (response.status === 204 ? undefined : await response.json()) as T;
  return { data, etag: response.headers.get('ETag') };
}

/** A file: what is no JSON. */
export async function download(path: string, options: CallOptions = {}): Promise<Blob> {
  return (await send('GET', path, options, '*/*')).blob();
}

export interface FilePage {
  part: Blob;
  /** Where the next part is; null: that was the last. */
  next: string | null;
}

/** A part of a file that comes in several, each naming the next. */
export async function downloadPart(path: string, options: CallOptions = {}): Promise<FilePage> {
  const response = await send('GET', path, options, '*/*');
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '');
  return { part: await response.blob(), next: next?.[1] ?? null };
}
