// The kinds of providers and what each asks for: a row each.
import type { Channel } from '../../../api/notifications';

export interface Choice {
  value: string;
  label: string;
}

export interface KindField {
  /** A member of the settings; "dkim.domain" is a member of a member. */
  name: string;
  label: string;
  hint?: string;
  /** A secret is never shown again: empty keeps what is set. */
  input: 'text' | 'number' | 'secret' | 'area' | 'secret-area' | 'switch' | readonly Choice[];
  required?: true;
  /** Folded away with what few need. */
  rare?: true;
}

export interface ProviderKind {
  type: string;
  channel: Channel;
  label: string;
  fields: readonly KindField[];
}

const kTls: readonly Choice[] = [
  { value: 'starttls', label: 'STARTTLS, demanded' },
  { value: 'tls', label: 'TLS from the first byte on' },
  { value: 'none', label: 'None' },
];
const kEnvironments: readonly Choice[] = [
  { value: 'production', label: 'Production' },
  { value: 'sandbox', label: 'Sandbox' },
];

const kSmtp: readonly KindField[] = [
  { name: 'host', label: 'Host', input: 'text', required: true },
  { name: 'port', label: 'Port', input: 'number', hint: 'Empty: 587, or 465 and 25 by TLS.' },
  { name: 'tls', label: 'TLS', input: kTls },
  { name: 'from', label: 'From', input: 'text', hint: 'shop@example.com', required: true },
  { name: 'from_name', label: 'Name of the sender', input: 'text' },
  { name: 'username', label: 'User', input: 'text' },
  { name: 'password', label: 'Password', input: 'secret' },
  { name: 'reply_to', label: 'Replies to', input: 'text', rare: true },
  { name: 'dkim.domain', label: 'DKIM: domain', input: 'text', rare: true },
  { name: 'dkim.selector', label: 'DKIM: selector', input: 'text', rare: true },
  {
    name: 'dkim.private_key',
    label: 'DKIM: private key',
    input: 'secret-area',
    hint: 'RSA or Ed25519, PEM. All three, or none.',
    rare: true,
  },
  {
    name: 'return_path',
    label: 'Domain of bounces',
    input: 'text',
    hint: 'Bounces go to b+… at it; post them to the callback.',
    rare: true,
  },
  {
    name: 'callback_secret',
    label: 'Secret of callbacks',
    input: 'secret',
    hint: 'By which bounces are signed; without one none are taken.',
    rare: true,
  },
  { name: 'max_connections', label: 'Connections', input: 'number', hint: 'Empty: 8.', rare: true },
  { name: 'timeout_s', label: 'Seconds to wait', input: 'number', hint: 'Empty: 30.', rare: true },
  { name: 'ca', label: 'Authority of your own', input: 'area', hint: 'PEM.', rare: true },
  { name: 'verify', label: 'Certificates are checked', input: 'switch', rare: true },
];

const kSes: readonly KindField[] = [
  { name: 'region', label: 'Region', input: 'text', hint: 'eu-west-1', required: true },
  { name: 'access_key_id', label: 'Access key', input: 'text', required: true },
  { name: 'secret_access_key', label: 'Secret key', input: 'secret', required: true },
  { name: 'from', label: 'From', input: 'text', hint: 'shop@example.com', required: true },
  { name: 'from_name', label: 'Name of the sender', input: 'text' },
  { name: 'session_token', label: 'Session token', input: 'secret', rare: true },
  { name: 'reply_to', label: 'Replies to', input: 'text', rare: true },
  { name: 'configuration_set', label: 'Configuration set', input: 'text', rare: true },
  { name: 'host', label: 'Endpoint', input: 'text', hint: 'Empty: the region’s.', rare: true },
];

const kApns: readonly KindField[] = [
  {
    name: 'key',
    label: 'Key',
    input: 'secret-area',
    hint: 'What is in the .p8 file.',
    required: true,
  },
  { name: 'key_id', label: 'Key ID', input: 'text', required: true },
  { name: 'team_id', label: 'Team ID', input: 'text', required: true },
  { name: 'topic', label: 'Topic', input: 'text', hint: 'The bundle’s id.', required: true },
  { name: 'environment', label: 'Environment', input: kEnvironments },
];

const kWebpush: readonly KindField[] = [
  {
    name: 'vapid.subject',
    label: 'Whom push services may write to',
    input: 'text',
    hint: 'mailto:you@example.com or https://example.com',
    required: true,
  },
  {
    name: 'vapid_private_key',
    label: 'VAPID private key',
    input: 'secret',
    hint: 'Empty: a pair is made, and its public half shown.',
    rare: true,
  },
  { name: 'pad_to', label: 'Bytes to pad to', input: 'number', rare: true },
];

const kTwilio: readonly KindField[] = [
  { name: 'account_sid', label: 'Account SID', input: 'text', required: true },
  { name: 'auth_token', label: 'Auth token', input: 'secret', required: true },
  { name: 'from', label: 'From', input: 'text', hint: 'A number or a name; or, instead:' },
  { name: 'messaging_service_sid', label: 'Messaging service SID', input: 'text' },
  {
    name: 'status_callback',
    label: 'Status callback',
    input: 'text',
    hint: 'Where Twilio tells what became of it: this provider’s callback.',
    rare: true,
  },
  { name: 'host', label: 'Host', input: 'text', hint: 'Of one like Twilio.', rare: true },
];

export const kKinds: readonly ProviderKind[] = [
  { type: 'smtp', channel: 'email', label: 'Mail by SMTP', fields: kSmtp },
  { type: 'ses', channel: 'email', label: 'Mail by Amazon SES', fields: kSes },
  { type: 'twilio', channel: 'sms', label: 'SMS by Twilio', fields: kTwilio },
  { type: 'apns', channel: 'push', label: 'Push by Apple (APNs)', fields: kApns },
  {
    type: 'fcm',
    channel: 'push',
    label: 'Push by Firebase (FCM)',
    fields: [
      {
        name: 'service_account',
        label: 'Service account',
        input: 'secret-area',
        hint: 'What is in the JSON file.',
        required: true,
      },
    ],
  },
  { type: 'webpush', channel: 'push', label: 'Push in browsers', fields: kWebpush },
  {
    type: 'slack',
    channel: 'chat',
    label: 'Slack’s incoming webhook',
    fields: [{ name: 'url', label: 'Webhook’s URL', input: 'secret', required: true }],
  },
  {
    type: 'http',
    channel: 'http',
    label: 'A service of your own',
    fields: [
      { name: 'url', label: 'URL', input: 'text', required: true },
      {
        name: 'secret',
        label: 'Secret',
        input: 'secret',
        hint: 'By which it checks what it gets.',
        required: true,
      },
    ],
  },
];

export function kindOf(type: string): ProviderKind | undefined {
  return kKinds.find((kind) => kind.type === type);
}

export function isSecret({ input }: KindField): boolean {
  return input === 'secret' || input === 'secret-area';
}
