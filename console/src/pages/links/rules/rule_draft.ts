// Rules and variants as the fields of their editor have them.
import type {
  Browser,
  Device,
  QueryCondition,
  Rule,
  System,
  Variant,
} from '../../../api/link_rules';
import type { Link, LinkChange } from '../../../api/links';
import { fromLocalInput, toLocalInput } from '../../../lib/time';
import { withScheme } from '../link_form_fields';

export interface QueryDraft {
  id: number;
  name: string;
  value: string;
}

export interface RuleDraft {
  id: number;
  url: string;
  devices: readonly Device[];
  os: readonly System[];
  browsers: readonly Browser[];
  /** "de, fr-CA". */
  languages: string;
  /** "AT, DE". */
  countries: string;
  from: string;
  until: string;
  query: readonly QueryDraft[];
  /** As it was read: a time that was not touched keeps its seconds. */
  read: Rule | null;
}

export interface VariantDraft {
  id: number;
  url: string;
  weight: string;
}

let lastId = 0;
const newId = () => ++lastId;

export const newQuery = (): QueryDraft => ({ id: newId(), name: '', value: '' });

export const newVariant = (): VariantDraft => ({ id: newId(), url: '', weight: '1' });

export function newRule(): RuleDraft {
  return {
    id: newId(),
    url: '',
    devices: [],
    os: [],
    browsers: [],
    languages: '',
    countries: '',
    from: '',
    until: '',
    query: [],
    read: null,
  };
}

function draftOfRule(rule: Rule): RuleDraft {
  return {
    id: newId(),
    url: rule.url,
    devices: rule.devices ?? [],
    os: rule.os ?? [],
    browsers: rule.browsers ?? [],
    languages: (rule.languages ?? []).join(', '),
    countries: (rule.countries ?? []).join(', '),
    from: toLocalInput(rule.from ?? null),
    until: toLocalInput(rule.until ?? null),
    query: (rule.query ?? []).map(({ name, value }) => ({ id: newId(), name, value: value ?? '' })),
    read: rule,
  };
}

export interface RulesDraft {
  rules: readonly RuleDraft[];
  variants: readonly VariantDraft[];
}

export function draftOf(link: Link): RulesDraft {
  return {
    rules: link.rules.map(draftOfRule),
    variants: link.variants.map(({ url, weight = 1 }) => ({
      id: newId(),
      url,
      weight: String(weight),
    })),
  };
}

const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '');

function timeOf(text: string, read: string | null | undefined): string | null {
  return text === toLocalInput(read ?? null) ? (read ?? null) : fromLocalInput(text);
}

function conditionOf({ name, value }: QueryDraft): QueryCondition {
  return { name: name.trim(), value: value === '' ? null : value };
}

/** Without the conditions that it does not have. */
export function ruleOf(draft: RuleDraft): Rule {
  const rule: Rule = {
    url: withScheme(draft.url),
    devices: [...draft.devices],
    os: [...draft.os],
    browsers: [...draft.browsers],
    languages: words(draft.languages),
    countries: words(draft.countries).map((country) => country.toUpperCase()),
    from: timeOf(draft.from, draft.read?.from),
    until: timeOf(draft.until, draft.read?.until),
    query: draft.query.filter(({ name }) => name.trim() !== '').map(conditionOf),
  };
  const given = Object.entries(rule).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(given) as unknown as Rule;
}

export function variantOf({ url, weight }: VariantDraft): Variant {
  return { url: withScheme(url), weight: Number(weight) };
}

/** "62.5 %" of those whom no rule takes; "" while a weight cannot be read. */
export function shareOf(variant: VariantDraft, all: readonly VariantDraft[]): string {
  const sum = all.reduce((total, { weight }) => total + Number(weight), 0);
  const share = Number(variant.weight) / sum;
  return Number.isFinite(share)
    ? share.toLocaleString('en', { style: 'percent', maximumFractionDigits: 1 })
    : '';
}

export function plain({ rules, variants }: RulesDraft) {
  return { rules: rules.map(ruleOf), variants: variants.map(variantOf) };
}

/** Only what was changed. */
export function changesOf(link: Link, draft: RulesDraft): LinkChange {
  const before = plain(draftOf(link));
  const now = plain(draft);
  const differs = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  return {
    ...(differs(before.rules, now.rules) ? { rules: now.rules } : {}),
    ...(differs(before.variants, now.variants) ? { variants: now.variants } : {}),
  };
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}
