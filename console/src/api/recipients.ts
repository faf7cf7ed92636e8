import { call, type Answer, type Page } from './http';
import type { Channel } from './notifications';

/** By channel; "*" is every one. */
export type ChannelWishes = Record<string, boolean>;

/** What a user wants: the most exact counts. */
export interface Preferences {
  all?: boolean;
  channels?: ChannelWishes;
  categories?: Record<string, boolean | ChannelWishes>;
}

export interface RecipientFields {
  email: string | null;
  phone: string | null;
  name: string | null;
  locale: string | null;
  time_zone: string | null;
  /** {"from":"22:00","to":"07:00"} or a list of such. */
  quiet_hours: unknown;
  attributes: unknown;
}

export interface Recipient extends RecipientFields {
  user_id: string;
  preferences: Preferences | null;
  created_at: string;
  updated_at: string;
}

export interface Device {
  id: string;
  platform: 'apns' | 'fcm' | 'webpush';
  app: string;
  /** Its end. */
  token: string;
  state: 'active' | 'quarantined';
  reason: string | null;
  registered_at: string;
  created_at: string;
}

export const kSuppressionReasons = [
  'hard_bounce',
  'complaint',
  'stop',
  'unsubscribe',
  'manual',
] as const;

export interface Suppression {
  channel: Channel;
  address: string;
  /** null: nothing at all goes there. */
  category: string | null;
  reason: (typeof kSuppressionReasons)[number];
  source: string;
  detail: string;
  created_at: string;
}

export interface NewSuppression {
  channel: string;
  address: string;
  category?: string;
  detail?: string;
}

const kPath = '/v1/recipients';
const kSuppressions = '/v1/notification-suppressions';
const pathOf = (user: string) => `${kPath}/${encodeURIComponent(user)}`;

export async function listRecipients(
  tenant: string,
  filter: { email: string | null; phone: string | null },
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Recipient>> {
  const query = { ...filter, cursor, limit };
  return (await call<Page<Recipient>>('GET', kPath, { tenant, query, signal })).data;
}

export async function getRecipient(
  tenant: string,
  user: string,
  signal?: AbortSignal,
): Promise<Answer<Recipient>> {
  return call<Recipient>('GET', pathOf(user), { tenant, signal });
}

/** Replaces all but the wishes and quiet hours of one who is there. */
export async function putRecipient(
  tenant: string,
  user: string,
  fields: Partial<RecipientFields>,
): Promise<Recipient> {
  return (await call<Recipient>('PUT', pathOf(user), { tenant, body: fields })).data;
}

/** With an etag the change is refused (412) when someone else changed the recipient since. */
export async function updateRecipient(
  tenant: string,
  user: string,
  change: Partial<RecipientFields>,
  etag: string | null,
): Promise<Recipient> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-Match': etag };
  return (await call<Recipient>('PATCH', pathOf(user), { tenant, body: change, headers })).data;
}

export async function deleteRecipient(tenant: string, user: string): Promise<void> {
  await call<undefined>('DELETE', pathOf(user), { tenant });
}

export async function putPreferences(
  tenant: string,
  user: string,
  preferences: Preferences,
): Promise<void> {
  await call<unknown>('PUT', `${pathOf(user)}/preferences`, { tenant, body: preferences });
}

/** A page on which the user changes this without signing in. */
export async function createPreferencesLink(tenant: string, user: string): Promise<string> {
  const path = `${pathOf(user)}/preferences-link`;
  return (await call<{ url: string }>('POST', path, { tenant })).data.url;
}

export async function listDevices(
  tenant: string,
  user: string,
  signal?: AbortSignal,
): Promise<Device[]> {
  return (await call<{ data: Device[] }>('GET', `${pathOf(user)}/devices`, { tenant, signal })).data
    .data;
}

export async function dropDevice(tenant: string, user: string, id: string): Promise<void> {
  await call<undefined>('DELETE', `${pathOf(user)}/devices/${encodeURIComponent(id)}`, { tenant });
}

export async function listSuppressions(
  tenant: string,
  filter: { channel: string | null; address: string | null },
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Suppression>> {
  const query = { ...filter, cursor, limit };
  return (await call<Page<Suppression>>('GET', kSuppressions, { tenant, query, signal })).data;
}

export async function addSuppression(tenant: string, what: NewSuppression): Promise<void> {
  await call<unknown>('POST', kSuppressions, { tenant, body: what });
}

export async function liftSuppression(tenant: string, what: Suppression): Promise<void> {
  const { channel, address, category } = what;
  await call<undefined>('DELETE', kSuppressions, { tenant, query: { channel, address, category } });
}
