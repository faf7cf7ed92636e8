// What the board shows: a choice that stands in the address, so that it can be kept and sent.
import { hrefs } from '../../lib/router';
import type { TopQuery } from '../../api/activity';

export const kWindows = [
  { value: '60', label: '1 min', words: 'the last minute' },
  { value: '300', label: '5 min', words: 'the last 5 minutes' },
  { value: '3600', label: '1 h', words: 'the last hour' },
  { value: '86400', label: '1 day', words: 'the last day' },
] as const;
export const kLengths = ['10', '25', '100'] as const;

const kDimension = /^[a-z0-9_.-]{1,40}$/;

function oneOf(choices: readonly string[], value: string | null, otherwise: number): number {
  return value !== null && choices.includes(value) ? Number(value) : otherwise;
}

export function readView(query: string): TopQuery {
  const params = new URLSearchParams(query);
  const dimension = params.get('by') ?? '';
  const windows = kWindows.map((choice) => choice.value);
  return {
    dimension: kDimension.test(dimension) ? dimension : 'user',
    window: oneOf(windows, params.get('window'), 300),
    k: oneOf(kLengths, params.get('k'), 10),
  };
}

export function viewHref({ dimension, window, k }: TopQuery): string {
  const params = new URLSearchParams({ by: dimension, window: String(window), k: String(k) });
  return `${hrefs.activity}?${params.toString()}`;
}

export function windowLabel(window: number): string {
  return kWindows.find((choice) => choice.value === String(window))?.label ?? `${window} s`;
}

export function windowWords(window: number): string {
  return kWindows.find((choice) => choice.value === String(window))?.words ?? `${window} s`;
}

/** The dimensions that events have by themselves; all others are tags. */
export const kAlwaysThere: readonly string[] = ['user', 'action', 'endpoint'];

/** What every event has comes first, then tags; what is shown can be chosen even when it is over. */
export function dimensionChoices(known: readonly string[], shown: string): string[] {
  const tags = [...known, shown].filter((name) => !kAlwaysThere.includes(name)).sort();
  return [...kAlwaysThere, ...new Set(tags)];
}
