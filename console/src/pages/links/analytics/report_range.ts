// Which time is looked at, and where its days begin: it stands in the address.
import type { ReportRange } from '../../../api/link_analytics';

export const kSpans = [
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: '12m', label: '12 months' },
  { value: 'own', label: 'From … to' },
] as const;
export type Span = (typeof kSpans)[number]['value'];

const kDayMs = 86_400_000;
const kDays: Record<Exclude<Span, 'own'>, number> = { '24h': 1, '7d': 7, '30d': 30, '12m': 365 };

export interface Choice {
  span: Span;
  /** Days as their fields have them, "2026-11-22"; the last is included. */
  from: string;
  to: string;
  utc: boolean;
  bots: boolean;
}

export function readChoice(query: string): Choice {
  const params = new URLSearchParams(query);
  const span = params.get('span');
  return {
    span: kSpans.find(({ value }) => value === span)?.value ?? '30d',
    from: params.get('from') ?? '',
    to: params.get('to') ?? '',
    utc: params.get('zone') === 'utc',
    bots: params.get('bots') !== 'no',
  };
}

export function queryOf({ span, from, to, utc, bots }: Choice): Record<string, string | null> {
  const own = span === 'own';
  return {
    span: span === '30d' ? null : span,
    from: own ? from : null,
    to: own ? to : null,
    zone: utc ? 'utc' : null,
    bots: bots ? null : 'no',
  };
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const pad = (part: number) => String(part).padStart(2, '0');

/** The first moment of a day as people here, or in UTC, count it; null while it is half typed. */
function dayAt(day: string, utc: boolean, later: number): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)?.slice(1).map(Number);
  if (!parts) return null;
  const [year = 0, month = 1, date = 1] = parts;
  const at = utc
    ? new Date(Date.UTC(year, month - 1, date + later))
    : new Date(year, month - 1, date + later);
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `nowMs`: to the minute, so that a question asked again is the same. */
export function rangeOf(choice: Choice, nowMs: number): ReportRange {
  const { span, utc, bots } = choice;
  const shared = { zone: utc ? 'UTC' : ownZone(), bots };
  if (span === 'own') {
    const from = dayAt(choice.from, utc, 0);
    const to = dayAt(choice.to, utc, 1);
    return { ...shared, from, to, interval: null };
  }
  const from = new Date(nowMs - kDays[span] * kDayMs);
  const interval = span === '24h' ? 'hour' : span === '12m' ? 'month' : 'day';
  return { ...shared, from: from.toISOString().replace(/\.\d{3}Z$/, 'Z'), to: null, interval };
}

/** "2026-11-22" of today, for a field's first value. */
export function dayOf(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}
