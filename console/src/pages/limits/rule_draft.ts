// What stands in the form of a rule, and the rule that it means. What was typed wrong goes to the
// server as it is: it knows best what is wrong with it, and says so at the field.
import { ApiError } from '../../api/problem';
import { kUnits, type Rule } from '../../api/limits';
import { hasBurst, patternsOf } from './rule_words';

export interface ConditionDraft {
  /** Of the row, so that it keeps its place while one types. */
  id: number;
  attribute: string;
  /** One a line. */
  texts: string;
}

export interface RuleDraft {
  name: string;
  description: string;
  where: readonly ConditionDraft[];
  key: string;
  algorithm: Rule['algorithm'];
  limit: string;
  /** A unit, or 'ms' for a period of one's own. */
  per: string;
  periodMs: string;
  burst: string;
  cost: string;
  shadow: boolean;
  onFailure: Rule['on_failure'];
  keeping: Rule['keeping'];
}

let nextId = 1;

export function newCondition(attribute = '', texts = ''): ConditionDraft {
  return { id: nextId++, attribute, texts };
}

export const kNewRule: RuleDraft = {
  ...{ name: '', description: '', where: [], key: 'user', algorithm: 'token_bucket' },
  ...{ limit: '', per: 'second', periodMs: '', burst: '', cost: '1', shadow: false },
  ...{ onFailure: 'open', keeping: 'exact' },
};

export function draftOf(rule: Rule): RuleDraft {
  return {
    name: rule.name,
    description: rule.description ?? '',
    where: Object.entries(rule.where).map(([attribute, wanted]) =>
      newCondition(attribute, patternsOf(wanted).join('\n')),
    ),
    key: rule.key.join(', '),
    algorithm: rule.algorithm,
    limit: String(rule.limit),
    per: rule.per ?? 'ms',
    periodMs: rule.period_ms === undefined ? '' : String(rule.period_ms),
    burst: rule.burst === undefined ? '' : String(rule.burst),
    cost: String(rule.cost),
    shadow: rule.shadow,
    onFailure: rule.on_failure,
    keeping: rule.keeping,
  };
}

/** "10 000" and "10,000" are ten thousand; what is no number stays a text, and is refused. */
function numberOf(text: string): number | string | undefined {
  const plain = text.replace(/[\s,_']/g, '');
  if (plain === '') return undefined;
  return /^\d+$/.test(plain) ? Number(plain) : text;
}

function linesOf(texts: string): string[] {
  return texts
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function whereOf(conditions: readonly ConditionDraft[]): Record<string, string | string[]> {
  const named = conditions.filter(({ attribute, texts }) => attribute !== '' || texts !== '');
  return Object.fromEntries(
    named.map(({ attribute, texts }) => {
      const lines = linesOf(texts);
      return [attribute.trim(), lines.length === 1 ? (lines[0] ?? '') : lines];
    }),
  );
}

export function ruleOf(draft: RuleDraft): Record<string, unknown> {
  const limit = numberOf(draft.limit);
  const periodMs = numberOf(draft.periodMs);
  const burst = hasBurst(draft.algorithm) ? numberOf(draft.burst) : undefined;
  const cost = numberOf(draft.cost);
  const key = draft.key.split(/[\s,]+/).filter((attribute) => attribute !== '');
  return {
    name: draft.name.trim(),
    ...(draft.description.trim() === '' ? {} : { description: draft.description.trim() }),
    where: whereOf(draft.where),
    key,
    algorithm: draft.algorithm,
    ...(limit === undefined ? {} : { limit }),
    ...(draft.per === 'ms' ? {} : { per: draft.per }),
    ...(draft.per !== 'ms' || periodMs === undefined ? {} : { period_ms: periodMs }),
    ...(burst === undefined ? {} : { burst }),
    ...(cost === undefined ? {} : { cost }),
    shadow: draft.shadow,
    on_failure: draft.onFailure,
    keeping: draft.keeping,
  };
}

/** The draft as a rule that can be said in a sentence; null while its numbers are none. */
export function readable(draft: RuleDraft): Rule | null {
  const rule = ruleOf(draft);
  const period = rule['per'] ?? rule['period_ms'];
  const numbers = [rule['limit'], rule['cost'] ?? 1, rule['burst'] ?? 1];
  if (period === undefined || typeof rule['period_ms'] === 'string') return null;
  return numbers.every((n) => typeof n === 'number') ? (rule as unknown as Rule) : null;
}

/** All rules, with this one in the place of the one that was opened, or at the end. */
export function withRule(
  rules: readonly Rule[],
  opened: string | null,
  rule: Record<string, unknown>,
): { rules: unknown[]; index: number } {
  const at = rules.findIndex(({ name }) => name === opened);
  if (at < 0) return { rules: [...rules, rule], index: rules.length };
  return { rules: rules.map((old, i) => (i === at ? rule : old)), index: at };
}

/** "/rules/3/limit" of the whole set is "/limit" of the form that edits its fourth rule. */
export function errorInForm(error: unknown, index: number): unknown {
  if (!(error instanceof ApiError)) return error;
  const prefix = `/rules/${index}/`;
  const errors = error.problem.errors.map((each) =>
    each.field.startsWith(prefix)
      ? {
          ...each,
          field: `/${each.field.slice(prefix.length)}`,
          detail: sentenceCase(each.detail.replace(/^[Rr]ule "[^"]*": /, '')),
        }
      : each,
  );
  return new ApiError({ ...error.problem, errors }, error.retryAfterS);
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const perOptions = [
  ...kUnits.map((unit) => ({ value: unit, label: `a ${unit}`.replace('a hour', 'an hour') })),
  { value: 'ms', label: 'another time' },
];
