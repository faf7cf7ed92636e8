// What imports are called, and what is said of their files.
import {
  kImportFormats,
  type ImportFormat,
  type ImportSource,
  type ImportState,
} from '../../../api/link_imports';

export const kSourceWords: Record<ImportSource, string> = {
  shlink: 'Shlink',
  kutt: 'Kutt',
  yourls: 'YOURLS',
  bitly: 'bit.ly',
  jsonl: 'Ashlar',
};

export const kSourceHints: Record<ImportSource, string> = {
  shlink: 'The CSV that Shlink’s web client exports, or answers of GET /rest/v3/short-urls.',
  kutt: 'Answers of GET /api/v2/links as JSON, or a CSV with the same names.',
  yourls: 'The table yourls_url as CSV.',
  bitly: 'The CSV of bit.ly’s export, or answers of GET /v4/groups/{id}/bitlinks.',
  jsonl: 'What “Export” gives here, or GET /v1/link-export of another installation.',
};

export const kFormatWords: Record<ImportFormat, string> = {
  csv: 'CSV',
  json: 'JSON',
  jsonl: 'JSON, an object a line',
};

export const kStateWords: Record<ImportState, { tone: 'good' | 'off' | 'bad'; word: string }> = {
  open: { tone: 'off', word: 'Waits for its file' },
  running: { tone: 'good', word: 'Running' },
  done: { tone: 'good', word: 'Done' },
  failed: { tone: 'bad', word: 'Failed' },
  cancelled: { tone: 'off', word: 'Cancelled' },
};

export function isLive(state: ImportState): boolean {
  return state === 'open' || state === 'running';
}

/** By the name's end; null: it tells nothing. */
export function formatOf(fileName: string): ImportFormat | null {
  const end = /\.([a-z]+)$/i.exec(fileName)?.[1]?.toLowerCase();
  if (end === 'ndjson') return 'jsonl';
  return kImportFormats.find((format) => format === end) ?? null;
}
