// A rule in words.
import type { Browser, Device, Rule, System } from '../../../api/link_rules';
import { formatFull } from '../../../lib/time';

export const kDeviceWords: Record<Device, string> = {
  desktop: 'Desktop',
  mobile: 'Phone',
  tablet: 'Tablet',
  bot: 'Bot',
  other: 'Other',
};

export const kSystemWords: Record<System, string> = {
  ios: 'iOS',
  android: 'Android',
  windows: 'Windows',
  macos: 'macOS',
  linux: 'Linux',
  chromeos: 'ChromeOS',
  other: 'Other',
};

export const kBrowserWords: Record<Browser, string> = {
  chrome: 'Chrome',
  safari: 'Safari',
  firefox: 'Firefox',
  edge: 'Edge',
  opera: 'Opera',
  samsung: 'Samsung',
  other: 'Other',
};

export function optionsOf<T extends string>(words: Record<T, string>) {
  return (Object.keys(words) as T[]).map((value) => ({ value, label: words[value] }));
}

const or = new Intl.ListFormat('en', { type: 'disjunction' });

const named = <T extends string>(values: readonly T[] | undefined, words: Record<T, string>) =>
  values === undefined || values.length === 0 ? [] : [or.format(values.map((v) => words[v]))];

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

export function countryName(code: string): string {
  try {
    return countryNames.of(code) ?? code;
  } catch {
    return code; // Half typed: no region has such a code.
  }
}

/** All of these hold: "iOS or Android", "in German". */
export function conditionsOf(rule: Rule): string[] {
  const { languages = [], countries = [], query = [], from = null, until = null } = rule;
  return [
    ...named(rule.devices, kDeviceWords),
    ...named(rule.os, kSystemWords),
    ...named(rule.browsers, kBrowserWords),
    ...(languages.length === 0 ? [] : [`language ${or.format(languages)}`]),
    ...(countries.length === 0 ? [] : [`in ${or.format(countries.map(countryName))}`]),
    ...query.map(({ name, value = null }) => (value === null ? `?${name}` : `?${name}=${value}`)),
    ...(from === null ? [] : [`from ${formatFull(from)}`]),
    ...(until === null ? [] : [`until ${formatFull(until)}`]),
  ];
}
