import { call, type Page } from './http';

export const kChannels = ['email', 'sms', 'push', 'inbox', 'chat', 'http'] as const;
export type Channel = (typeof kChannels)[number];

export const kNotificationStates = [
  'accepted',
  'sent',
  'delivered',
  'opened',
  'unknown',
  'failed',
  'expired',
  'skipped',
] as const;
export type NotificationState = (typeof kNotificationStates)[number];

/** One of these. */
export interface NotificationTo {
  user_id?: string | null;
  email?: string | null;
  phone?: string | null;
  device?: string | null;
}

export interface NotificationDelivery {
  id: string;
  channel: Channel;
  address: string;
  state: NotificationState;
  reason: string | null;
  detail: string | null;
  attempts: number;
  /** The provider's id of the message. */
  provider_ref: string | null;
  /** The delivery that this one repeats. */
  replay_of: string | null;
  created_at: string;
  sent_at: string | null;
  next_attempt_at: string | null;
}

export interface NotificationMoment {
  at: string;
  /** "accepted", "deferred", "attempt.accepted", "delivered" … */
  event: string;
  delivery_id: string | null;
  channel: Channel | null;
  provider: string | null;
  status: number | null;
  code: string | null;
  detail: string | null;
}

export interface Notification {
  id: string;
  to: NotificationTo;
  state: NotificationState;
  reason: string | null;
  template: string | null;
  template_version: number | null;
  category: string | null;
  /** As asked for; empty: chosen. */
  channels: Channel[];
  priority: string;
  dedupe_key: string | null;
  send_at: string | null;
  expires_at: string | null;
  /** The notification as part of which it went out. */
  digested_into: string | null;
  created_at: string;
  updated_at: string;
  /** Only of one notification, not in lists. */
  deliveries?: NotificationDelivery[];
  timeline?: NotificationMoment[];
}

export interface NotificationContent {
  subject?: string;
  text?: string;
  html?: string;
  url?: string;
}

export interface NewNotification {
  to: NotificationTo;
  template?: string;
  data?: unknown;
  content?: NotificationContent;
  category?: string;
  channels?: Channel[];
}

export interface NotificationFilter {
  state: NotificationState | null;
  user_id: string | null;
  template: string | null;
}

export interface WhyQuery {
  user_id: string;
  template: string;
  category: string;
  channel: string;
}

export interface WhyNow {
  channel: Channel;
  address: string;
  decision: 'send' | 'defer' | 'skip' | 'digest';
  reason: string | null;
  /** For people. */
  explanation: string;
  until: string | null;
}

export interface Why {
  user_id: string;
  /** What would become of such a notification now. */
  now: WhyNow[];
  /** The last ones, newest first. */
  recent: Notification[];
}

export interface Caught {
  id: string;
  delivery_id: string;
  channel: Channel;
  address: string;
  subject: string;
  text: string;
  html: string;
  url: string;
  at: string;
}

export interface LetterFilter {
  channel: string | null;
  reason: string | null;
  provider_id: string | null;
}

export interface NotificationLetter {
  /** Of the delivery. */
  id: string;
  notification_id: string;
  channel: Channel;
  address: string;
  reason: string;
  /** The last answer. */
  detail: string;
  user_id: string | null;
  category: string | null;
  template: string | null;
  provider_id: string | null;
  attempts: number;
  created_at: string;
  failed_at: string;
}

/** What to change before it is sent again. */
export interface LetterChange {
  data?: unknown;
  content?: unknown;
  address?: string;
}

const kPath = '/v1/notifications';
const kLetters = '/v1/notification-dead-letters';
const pathOf = (id: string) => `${kPath}/${encodeURIComponent(id)}`;

export async function listNotifications(
  tenant: string,
  filter: NotificationFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Notification>> {
  const query = { ...filter, cursor, limit };
  return (await call<Page<Notification>>('GET', kPath, { tenant, query, signal })).data;
}

export async function getNotification(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<Notification> {
  return (await call<Notification>('GET', pathOf(id), { tenant, signal })).data;
}

export async function sendNotification(
  tenant: string,
  notification: NewNotification,
): Promise<{ id: string }> {
  return (await call<{ id: string }>('POST', kPath, { tenant, body: notification })).data;
}

export async function cancelNotification(tenant: string, id: string): Promise<void> {
  await call<unknown>('POST', `${pathOf(id)}/cancel`, { tenant });
}

export async function askWhy(tenant: string, asked: WhyQuery, signal?: AbortSignal): Promise<Why> {
  const query = { ...asked };
  return (await call<Why>('GET', `${kPath}/why`, { tenant, query, signal })).data;
}

export async function listCaught(
  tenant: string,
  channel: string | null,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Caught>> {
  const query = { channel, cursor, limit };
  const path = '/v1/notification-catcher';
  return (await call<Page<Caught>>('GET', path, { tenant, query, signal })).data;
}

export async function listLetters(
  tenant: string,
  filter: LetterFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<NotificationLetter>> {
  const query = { ...filter, cursor, limit };
  return (await call<Page<NotificationLetter>>('GET', kLetters, { tenant, query, signal })).data;
}

export async function replayLetter(
  tenant: string,
  id: string,
  change: LetterChange,
): Promise<{ notification_id: string }> {
  const path = `${kLetters}/${encodeURIComponent(id)}/replay`;
  return (await call<{ notification_id: string }>('POST', path, { tenant, body: change })).data;
}

/** All that fit; how many go again. */
export async function replayLetters(tenant: string, filter: LetterFilter): Promise<number> {
  const path = `${kLetters}/replay`;
  let replayed = 0;
  let cursor: string | null = null;
  do {
    const body: object = { ...filter, cursor };
    const answer: { replayed: number; next_cursor: string | null } = (
      await call<{ replayed: number; next_cursor: string | null }>('POST', path, { tenant, body })
    ).data;
    replayed += answer.replayed;
    cursor = answer.next_cursor;
  } while (cursor !== null);
  return replayed;
}
