import { openEventStream, type StreamState } from './event_stream';
import { call, type Page } from './http';

export interface InboxEntry {
  id: string;
  notification_id: string;
  category: string | null;
  title: string;
  body: string;
  url: string | null;
  data: unknown;
  created_at: string;
  /** null: not read. */
  read_at: string | null;
  /** null: not put away. */
  archived_at: string | null;
}

export interface InboxCounts {
  unread: number;
  /** Read or not, not archived. */
  current: number;
  archived: number;
}

export const kInboxStates = ['current', 'unread', 'archived'] as const;
export type InboxState = (typeof kInboxStates)[number];
export type InboxChange = 'read' | 'unread' | 'archive' | 'unarchive';

const pathOf = (user: string) => `/v1/recipients/${encodeURIComponent(user)}/inbox`;

export async function listInbox(
  tenant: string,
  user: string,
  state: InboxState,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<InboxEntry>> {
  const query = { state, cursor, limit };
  return (await call<Page<InboxEntry>>('GET', pathOf(user), { tenant, query, signal })).data;
}

export async function countInbox(
  tenant: string,
  user: string,
  signal?: AbortSignal,
): Promise<InboxCounts> {
  return (await call<InboxCounts>('GET', `${pathOf(user)}/counts`, { tenant, signal })).data;
}

export async function changeEntry(
  tenant: string,
  user: string,
  id: string,
  change: InboxChange,
): Promise<void> {
  const path = `${pathOf(user)}/${encodeURIComponent(id)}/${change}`;
  await call<unknown>('POST', path, { tenant });
}

/** All that has been seen: one that has just come stays unread. */
export async function readAll(tenant: string, user: string, upTo: string): Promise<void> {
  await call<unknown>('POST', `${pathOf(user)}/read`, { tenant, body: { up_to: upTo } });
}

/** Says that something in the inbox has changed, as it happens. */
export function watchInbox(
  tenant: string,
  user: string,
  onChange: () => void,
  onState: (state: StreamState) => void,
): () => void {
  return openEventStream({
    path: `${pathOf(user)}/stream`,
    query: {},
    tenant,
    onMessage: ({ event }) => {
      if (event === 'inbox') onChange();
    },
    onState,
  });
}
