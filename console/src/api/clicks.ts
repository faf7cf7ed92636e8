import { openEventStream, type StreamState } from './event_stream';
import { call, type Page } from './http';
import { pathOf, type LinkName } from './links';

export interface Bucket {
  start: string;
  clicks: number;
}

export interface LinkStats {
  code: string;
  clicks: number;
  as_of: string;
  /** The last 48 hours, oldest first, quiet hours included. */
  by_hour: Bucket[];
  /** The last 90 days in UTC, oldest first, quiet days included. */
  by_day: Bucket[];
}

export interface Click {
  at: string;
  referrer: string | null;
  agent: 'browser' | 'mobile' | 'bot' | 'other';
}

export interface ClickEvent {
  code: string;
  domain?: string | null;
  /** New since the stream's last event for this link. */
  clicks: number;
  /** All clicks of the link so far. */
  total: number;
  at: string;
}

export async function getStats(
  tenant: string,
  name: LinkName,
  signal?: AbortSignal,
): Promise<LinkStats> {
  const query = { domain: name.domain };
  return (await call<LinkStats>('GET', pathOf(name, 'stats'), { tenant, query, signal })).data;
}

export async function listClicks(
  tenant: string,
  name: LinkName,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Click>> {
  const query = { domain: name.domain, cursor, limit };
  return (await call<Page<Click>>('GET', pathOf(name, 'clicks'), { tenant, query, signal })).data;
}

function isClickEvent(value: unknown): value is ClickEvent {
  if (typeof value !== 'object' || value === null) return false;
  const event = value as Partial<Record<keyof ClickEvent, unknown>>;
  return (
    typeof event.code === 'string' &&
    typeof event.clicks === 'number' &&
    typeof event.total === 'number' &&
    typeof event.at === 'string'
  );
}

/** Whose clicks a stream has: all that is null narrows nothing. */
export type Watched =
  { name: LinkName } | { tag?: string | null; owner?: string | null; domain?: string | null };

/** Clicks as they happen. Returns the stop. */
export function watchClicks(
  tenant: string,
  watched: Watched,
  onClicks: (event: ClickEvent) => void,
  onState: (state: StreamState) => void,
): () => void {
  return openEventStream({
    path: '/v1/clicks/stream',
    query: 'name' in watched ? { ...watched.name } : { ...watched },
    tenant,
    onState,
    onMessage: ({ event, data }) => {
      if (event !== 'clicks') return;
      const parsed: unknown = JSON.parse(data);
      if (isClickEvent(parsed)) onClicks(parsed);
    },
  });
}
