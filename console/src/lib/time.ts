// Times as people read them. The API speaks RFC 3339 in UTC; the console shows local time, except
// for day buckets, which are UTC days and say so.

const kMinuteMs = 60_000;
const kHourMs = 60 * kMinuteMs;
const kDayMs = 24 * kHourMs;
const kTickToleranceMs = 20_000;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const hour = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const utcDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

export const formatFull = (iso: string) => full.format(new Date(iso));
export const formatHour = (iso: string) => hour.format(new Date(iso));
export const formatUtcDay = (iso: string) => utcDay.format(new Date(iso));

/** "2 min ago", "in 3 days"; beyond a month the date itself says more. */
export function formatRelative(iso: string, nowMs: number): string {
  const deltaMs = new Date(iso).getTime() - nowMs;
  const size = Math.abs(deltaMs);
  // Clocks differ, and `now` ticks slowly: what has just happened may seem to lie a little ahead.
  if (size < 45_000) return deltaMs <= kTickToleranceMs ? 'just now' : 'in a moment';
  if (size < kHourMs) return relative.format(Math.round(deltaMs / kMinuteMs), 'minute');
  if (size < kDayMs) return relative.format(Math.round(deltaMs / kHourMs), 'hour');
  if (size < 30 * kDayMs) return relative.format(Math.round(deltaMs / kDayMs), 'day');
  return date.format(new Date(iso));
}

/** "1.5 s", "2 min": as short as is true enough. */
export function durationWords(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)} ms`;
  if (ms < 60_000) return `${ms < 10_000 ? Math.ceil(ms / 100) / 10 : Math.ceil(ms / 1_000)} s`;
  if (ms < kHourMs) {
    const seconds = Math.ceil(ms / 1_000);
    const rest = seconds % 60;
    return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
  }
  if (ms < kDayMs) return `${Math.ceil((ms / kHourMs) * 10) / 10} h`;
  const days = Math.ceil((ms / kDayMs) * 10) / 10;
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}

/** For <input type="datetime-local">, which knows local time without a zone. */
export function toLocalInput(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * kMinuteMs);
  return shifted.toISOString().slice(0, 16);
}

/** Empty or half-typed input is no time: null. */
export function fromLocalInput(value: string): string | null {
  const at = new Date(value);
  if (value === '' || Number.isNaN(at.getTime())) return null;
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function daysFromNow(days: number, nowMs: number): string {
  return new Date(nowMs + days * kDayMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
