// One notification's story: what was decided, who was asked, what was answered and told.
import type { Notification, NotificationMoment } from '../../../api/notifications';
import { Said, Timeline, type Moment } from '../../../ui/timeline';
import { capital, kChannelWords, reasonWords } from '../notification_words';

const kEventWords: Record<string, string> = {
  accepted: 'Accepted',
  scheduled: 'Kept for later',
  queued: 'Next in line',
  deferred: 'Put off',
  skipped: 'Not sent',
  replayed: 'Sent again by hand',
  sent: 'Taken, says the provider',
  delivered: 'Delivered',
  opened: 'Opened',
  failed: 'Failed for good',
  hard_bounce: 'Bounced: no such address',
  complaint: 'The reader calls it abuse',
  unknown: 'Nobody knows',
  expired: 'Expired',
  digested: 'Gathered into one',
};

const kVerdictWords: Record<string, string> = {
  accepted: 'taken',
  retry: 'failed for now',
  throttled: 'too fast',
  ambiguous: 'no answer: maybe taken',
  credential: 'the credential was refused',
  drop_token: 'the device is gone',
  quarantine: 'the device looks wrong',
  suppress: 'no such address',
  refused: 'refused',
  our_bug: 'malformed: a fault of this side',
};

const kGood = new Set(['delivered', 'opened', 'attempt.accepted']);
const kBad = /^(failed|hard_bounce|complaint|unknown|attempt\.)/;
const kOff = new Set(['deferred', 'skipped', 'expired', 'scheduled', 'digested']);

function toneOf(event: string): Moment['tone'] {
  if (kGood.has(event)) return 'good';
  if (kOff.has(event)) return 'off';
  return kBad.test(event) ? 'bad' : 'plain';
}

function titleOf({ event, provider, channel }: NotificationMoment): string {
  const verdict = /^attempt\.(.*)$/.exec(event)?.[1];
  if (verdict === undefined) return kEventWords[event] ?? capital(reasonWords(event));
  const words = kVerdictWords[verdict] ?? reasonWords(verdict);
  if (provider === null || provider === channel) return capital(words);
  return `${provider}: ${words}`;
}

function momentOf(
  moment: NotificationMoment,
  index: number,
  all: readonly NotificationMoment[],
): Moment {
  const { channel, status, code, event } = moment;
  // The end of a delivery is its last attempt's answer: once is enough.
  const detail = moment.detail === all[index - 1]?.detail ? null : moment.detail;
  const note = [
    channel === null ? null : kChannelWords[channel],
    status === null ? null : String(status),
    code === null ? null : reasonWords(code),
  ];
  const words = note.filter((part) => part !== null).join(' · ');
  const isMachines = event.startsWith('attempt.');
  return {
    key: String(index),
    tone: toneOf(event),
    title: titleOf(moment),
    at: moment.at,
    ...(words === '' ? {} : { note: words }),
    ...(detail === null || detail === ''
      ? {}
      : { children: isMachines ? <Said>{detail}</Said> : <p className="told">{detail}</p> }),
  };
}

export function Story({ message }: { message: Notification }) {
  return (
    <Timeline
      label="What happened to the notification"
      moments={(message.timeline ?? []).map(momentOf)}
    />
  );
}
