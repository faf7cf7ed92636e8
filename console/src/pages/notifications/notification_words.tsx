// States, channels and reasons as people say them.
import {
  kChannels,
  type Channel,
  type Notification,
  type NotificationState,
  type NotificationTo,
} from '../../api/notifications';
import { Badge } from '../../ui/badge';

export const kStateWords: Record<NotificationState, string> = {
  accepted: 'Accepted',
  sent: 'Sent',
  delivered: 'Delivered',
  opened: 'Opened',
  unknown: 'Unknown',
  failed: 'Failed',
  expired: 'Expired',
  skipped: 'Skipped',
};

const kTones: Record<NotificationState, 'good' | 'off' | 'bad'> = {
  accepted: 'off',
  sent: 'good',
  delivered: 'good',
  opened: 'good',
  unknown: 'bad',
  failed: 'bad',
  expired: 'off',
  skipped: 'off',
};

export function StateBadge({ state }: { state: NotificationState }) {
  return <Badge tone={kTones[state]}>{kStateWords[state]}</Badge>;
}

export const kChannelWords: Record<Channel, string> = {
  email: 'Mail',
  sms: 'SMS',
  push: 'Push',
  inbox: 'Inbox',
  chat: 'Chat',
  http: 'HTTP',
};

export const channelOptions = kChannels.map((value) => ({ value, label: kChannelWords[value] }));

export function channelOf(value: string | null): Channel | null {
  return kChannels.find((channel) => channel === value) ?? null;
}

const kReasonWords: Record<string, string> = {
  opted_out: 'not wanted',
  frequency_cap: 'enough for now',
  no_address: 'no address',
  attempts_used: 'all attempts used up',
};

/** "quiet_hours" is "quiet hours". */
export function reasonWords(reason: string): string {
  return kReasonWords[reason] ?? reason.replaceAll('_', ' ');
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function toWords(to: NotificationTo): string {
  return to.user_id ?? to.email ?? to.phone ?? `device ${to.device ?? '?'}`;
}

/** "order_shipped", or that it had a text of its own. */
export function aboutWords({ template, template_version: version }: Notification): string {
  if (template === null) return 'own text';
  return version === null ? template : `${template}, version ${version}`;
}
