import { openEventStream, type StreamState } from './event_stream';
import { call, type Page } from './http';
import type { NotificationContent } from './notifications';

export const kCampaignStates = [
  'draft',
  'scheduled',
  'planning',
  'running',
  'paused',
  'stopped',
  'cancelling',
  'finished',
  'cancelled',
] as const;
export type CampaignState = (typeof kCampaignStates)[number];

/** audience = sent + skipped + failed + waiting, exactly. */
export interface CampaignCounts {
  audience: number;
  sent: number;
  skipped: number;
  failed: number;
  waiting: number;
  /** Of the failed: maybe handed over, never known. */
  unknown: number;
  /** Sent again, since an attempt's answer was lost. */
  repeated: number;
  delivered: number;
  opened: number;
  bounced: number;
}

export interface CampaignVariant {
  key: string;
  weight: number;
  template: string | null;
  counts: CampaignCounts;
}

export interface StopOn {
  failed_percent: number;
  after: number;
}

export interface Campaign {
  id: string;
  name: string;
  state: CampaignState;
  /** null: chosen for each. */
  channel: string | null;
  category: string | null;
  template: string | null;
  audience: {
    topic: string | null;
    segment: string | null;
    everybody: boolean;
    users: boolean;
    upload: boolean;
    size: number;
    uploaded: number;
    duplicates: number;
  };
  counts: CampaignCounts;
  /** Not in lists. */
  reasons?: Record<string, number>;
  variants?: CampaignVariant[];
  pace_per_s: number | null;
  stop_on: StopOn | null;
  rate_per_s: number;
  send_at: string | null;
  expires_at: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  stopped_reason: string | null;
}

/** Of these one. */
export interface WantedAudience {
  topic?: string;
  segment?: string;
  everybody?: true;
  users?: string[];
  upload?: true;
}

export interface NewVariant {
  key: string;
  weight: number;
  template?: string;
  content?: NotificationContent;
}

export interface NewCampaign {
  name: string;
  channel?: string;
  template?: string;
  data?: unknown;
  content?: NotificationContent;
  category?: string;
  audience: WantedAudience;
  variants?: NewVariant[];
  send_at?: string;
  expires_at?: string;
  pace_per_s?: number;
  stop_on?: StopOn;
}

export const kRecipientStates = ['waiting', 'sent', 'skipped', 'failed'] as const;
export type RecipientState = (typeof kRecipientStates)[number];

export interface CampaignRecipient {
  user_id: string | null;
  email: string | null;
  phone: string | null;
  variant: string | null;
  reason: string | null;
  state: RecipientState | 'unknown' | 'delivered' | 'opened' | 'bounced';
  repeated: boolean;
  /** Waiting: not before. */
  next_at: string | null;
}

const kPath = '/v1/notification-campaigns';
const pathOf = (id: string) => `${kPath}/${encodeURIComponent(id)}`;

export async function listCampaigns(
  tenant: string,
  state: CampaignState | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Campaign>> {
  const query = { state, cursor, limit };
  return (await call<Page<Campaign>>('GET', kPath, { tenant, query, signal })).data;
}

export async function getCampaign(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Campaign> {
  return (await call<Campaign>('GET', pathOf(id), { tenant, signal })).data;
}

export async function createCampaign(
  tenant: string,
  campaign: NewCampaign,
): Promise<{ id: string }> {
  return (await call<{ id: string }>('POST', kPath, { tenant, body: campaign })).data;
}

/** Lines of user ids, or JSON objects: what begins with a brace. Says how many were taken. */
export async function uploadAudience(tenant: string, id: string, lines: string): Promise<number> {
  const type = lines.trimStart().startsWith('{') ? 'application/x-ndjson' : 'text/plain';
  const file = new Blob([lines], { type });
  const path = `${pathOf(id)}/audience`;
  return (await call<{ accepted: number }>('PUT', path, { tenant, file })).data.accepted;
}

export type CampaignAct = 'start' | 'pause' | 'resume' | 'cancel' | 'retry-failed';

export async function actOnCampaign(tenant: string, id: string, act: CampaignAct): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/${act}`, { tenant });
}

export async function listCampaignRecipients(
  tenant: string,
  id: string,
  state: RecipientState | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<CampaignRecipient>> {
  const query = { state, cursor, limit };
  const path = `${pathOf(id)}/recipients`;
  return (await call<Page<CampaignRecipient>>('GET', path, { tenant, query, signal })).data;
}

/** How far it is, at most twice a second, until it has ended. */
export function watchCampaign(
  tenant: string,
  id: string,
  onProgress: (progress: Partial<Campaign>) => void,
  onState: (state: StreamState) => void,
): () => void {
  return openEventStream({
    path: `${pathOf(id)}/events`,
    query: {},
    tenant,
    onMessage: ({ event, data }) => {
      // The cast is the boundary of trust: the shape is the server's promise.
      if (event === 'campaign') onProgress(JSON.parse(data) as Partial<Campaign>);
    },
    onState,
  });
}
