// Files on their way up. They go on while other pages of the console are looked at.
//
//   begin() ──> sending ──last part──> started: gone from here
//                  │  ▲
//              error  begin() again, from the part that did not arrive
//                  ▼  │
//                stopped ──stop()──> gone
import { useSyncExternalStore } from 'react';
import { kPartBytes, putPart, startImport } from '../../../api/link_imports';
import { isAbort } from '../../../api/http';
import { forgetFile, rememberFile } from './begun_files';

export interface Upload {
  file: File;
  /** Bytes that the server has. */
  sent: number;
  /** Why it does not go on; null: it does. */
  error: unknown;
  abort: AbortController;
}

type Key = `${string}/${string}`;
const keyOf = (tenant: string, id: string): Key => `${tenant}/${id}`;

const listeners = new Set<() => void>();
let uploads: ReadonlyMap<Key, Upload> = new Map();

/** Closing the page would end them. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function set(key: Key, upload: Upload | null): void {
  const next = new Map(uploads);
  if (upload === null) next.delete(key);
  else next.set(key, upload);
  uploads = next;
  const isSending = [...next.values()].some(({ error }) => error === null);
  window.removeEventListener('beforeunload', warn);
  if (isSending) window.addEventListener('beforeunload', warn);
  for (const listener of listeners) listener();
}

/**
 * Sends what is not there yet: parts are whole but for the last, and go up in their order, so the
 * bytes that the server has say which they are.
 */
async function send(tenant: string, id: string, upload: Upload): Promise<void> {
  const key = keyOf(tenant, id);
  const { file, abort } = upload;
  let { sent } = upload;
  for (let at = sent - (sent % kPartBytes); at < file.size; at += kPartBytes) {
    const part = file.slice(at, at + kPartBytes);
    await putPart(tenant, id, at / kPartBytes + 1, part, abort.signal);
    sent = at + part.size;
    set(key, { ...upload, sent });
  }
  await startImport(tenant, id);
}

/** `sent`: bytes of it that the server has. `onChange`: after it has started, or stopped. */
export async function begin(
  tenant: string,
  id: string,
  file: File,
  sent: number,
  onChange: () => unknown,
): Promise<void> {
  const key = keyOf(tenant, id);
  const upload: Upload = { file, sent, error: null, abort: new AbortController() };
  rememberFile(tenant, id, file);
  set(key, upload);
  try {
    await send(tenant, id, upload);
    forgetFile(tenant, id);
    set(key, null);
  } catch (error) {
    const last = uploads.get(key);
    if (last !== undefined && !isAbort(error)) set(key, { ...last, error });
  }
  onChange();
}

export function stop(tenant: string, id: string): void {
  const key = keyOf(tenant, id);
  uploads.get(key)?.abort.abort();
  forgetFile(tenant, id);
  set(key, null);
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  return () => listeners.delete(onChange);
}

/** null: nothing of it is on its way from here. */
export function useUpload(tenant: string, id: string): Upload | null {
  return useSyncExternalStore(subscribe, () => uploads.get(keyOf(tenant, id)) ?? null);
}
