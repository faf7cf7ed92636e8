import { call } from './http';
import type { LinkFilter, LinkName } from './links';

/** What to change of each; what is not there stays. */
export interface BulkSet {
  enabled?: boolean;
  archived?: boolean;
  tags_add?: string[];
  tags_remove?: string[];
}

export interface BulkResult {
  changed: number;
  /** They were so already. */
  unchanged: number;
  refused: number;
}

interface Answer extends BulkResult {
  results: { code: string; outcome: string; problem: { detail: string } | null }[];
  next_cursor: string | null;
}

const kMostCodes = 1_000;
// A million links; a tenant with more narrows what it changes.
const kMostRounds = 1_000;
const kPath = '/v1/links/bulk-update';

function plus(a: BulkResult, b: BulkResult): BulkResult {
  return {
    changed: a.changed + b.changed,
    unchanged: a.unchanged + b.unchanged,
    refused: a.refused + b.refused,
  };
}

const kNothing: BulkResult = { changed: 0, unchanged: 0, refused: 0 };

/** Those that are named: a request for each domain that they are on. */
export async function updateLinks(
  tenant: string,
  names: readonly LinkName[],
  set: BulkSet,
): Promise<BulkResult> {
  let sum = kNothing;
  for (const domain of new Set(names.map((name) => name.domain))) {
    const codes = names.filter((name) => name.domain === domain).map(({ code }) => code);
    for (let at = 0; at < codes.length; at += kMostCodes) {
      const body = {
        codes: codes.slice(at, at + kMostCodes),
        ...(domain === null ? {} : { domain }),
        set,
      };
      sum = plus(sum, (await call<Answer>('POST', kPath, { tenant, body })).data);
    }
  }
  return sum;
}

/** All that a filter finds. */
export async function updateFound(
  tenant: string,
  filter: LinkFilter,
  set: BulkSet,
): Promise<BulkResult> {
  const given = Object.entries(filter).filter(([, value]) => value !== null && value !== '');
  let sum = kNothing;
  let cursor: string | null = null;
  for (let round = 0; round < kMostRounds; round++) {
    const body: Record<string, unknown> = { filter: Object.fromEntries(given), set };
    if (cursor !== null) body['cursor'] = cursor;
    const { data }: { data: Answer } = await call<Answer>('POST', kPath, { tenant, body });
    sum = plus(sum, data);
    cursor = data.next_cursor;
    if (cursor === null) break;
  }
  return sum;
}
