// A rule as people say it, and as text to edit. Pure.
import type { Algorithm, Diff, Keeping, OnFailure, Rule } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { durationWords } from '../../lib/time';

export const kAlgorithmWords: Record<Algorithm, { name: string; about: string }> = {
  token_bucket: {
    name: 'Token bucket',
    about: 'A burst at once, then one as each token comes. For API traffic.',
  },
  gcra: {
    name: 'GCRA',
    about: 'As a token bucket, in two thirds of the memory. For many keys.',
  },
  fixed_window: {
    name: 'Fixed window',
    about: 'So many in each window; up to twice that around its edge. For quotas that people read.',
  },
  sliding_window: {
    name: 'Sliding window',
    about: 'As a fixed window, without the jump at its edge.',
  },
  sliding_log: {
    name: 'Sliding log',
    about: 'Exact in every span of time, at 1 KB a key. For log-ins and money.',
  },
};

export const kKeepingWords: Record<Keeping, string> = {
  exact: 'Exact: one count for all instances',
  leased: 'Leased: each instance takes a share ahead',
  local: 'Local: each instance counts for itself',
};

export const kFailureWords: Record<OnFailure, string> = {
  open: 'Open: let pass',
  closed: 'Closed: refuse',
  local: 'Local: this instance’s own count',
};

export function hasBurst(algorithm: Algorithm): boolean {
  return algorithm === 'token_bucket' || algorithm === 'gcra';
}

function periodWords({ per, period_ms: ms = 0 }: Rule): string {
  if (per === 'hour') return 'an hour';
  if (per !== undefined) return `a ${per}`;
  return `in ${durationWords(ms)}`;
}

/** "5 a second". */
export function limitWords(rule: Rule): string {
  return rule.limit === 0 ? 'nothing' : `${formatCount(rule.limit)} ${periodWords(rule)}`;
}

/** "each user and endpoint". */
export function keyWords({ key }: Rule): string {
  return key.length === 0 ? 'all together' : `each ${key.join(' and ')}`;
}

export function patternsOf(wanted: string | string[]): string[] {
  return typeof wanted === 'string' ? [wanted] : wanted;
}

/** The whole rule in a sentence. */
export function sentence(rule: Rule): string {
  const conditions = Object.entries(rule.where).map(([attribute, wanted]) => {
    const texts = patternsOf(wanted);
    const any = texts.length === 1 && texts[0] === '*';
    return any ? `any ${attribute}` : `${attribute} ${texts.join(' or ')}`;
  });
  const where = conditions.length === 0 ? '' : `Where ${conditions.join(' and ')}: `;
  const who = keyWords(rule);
  const subject = where === '' ? `${who.charAt(0).toUpperCase()}${who.slice(1)}` : who;
  const burst = hasBurst(rule.algorithm) && rule.burst !== undefined && rule.burst !== rule.limit;
  const atOnce = burst ? `, up to ${formatCount(rule.burst ?? 0)} at once` : '';
  const only = rule.shadow ? ' It only watches.' : '';
  return `${where}${subject} may have ${limitWords(rule)}${atOnce}.${only}`;
}

/** Who wrote a version: "key 1540670296188664777" is no name to read. */
export function authorWords(author: string, keys: ReadonlyMap<string, string>): string {
  const id = /^key (\d+)$/.exec(author)?.[1];
  if (id === undefined) return author;
  const name = keys.get(id);
  return name === undefined ? `key …${id.slice(-4)}` : `key “${name}”`;
}

/** Without what holds anyhow, so that a person sees what was meant. */
function brief(rule: Rule): Record<string, unknown> {
  const { where, key, cost, shadow, on_failure, keeping, description, ...rest } = rule;
  return {
    ...rest,
    ...(Object.keys(where).length === 0 ? {} : { where }),
    ...(key.length === 0 ? {} : { key }),
    ...(cost === 1 ? {} : { cost }),
    ...(shadow ? { shadow } : {}),
    ...(on_failure === 'open' ? {} : { on_failure }),
    ...(keeping === 'exact' ? {} : { keeping }),
    ...(description === undefined ? {} : { description }),
  };
}

const kFieldOrder = [
  ...['name', 'description', 'where', 'key', 'algorithm', 'limit', 'per', 'period_ms'],
  ...['burst', 'cost', 'shadow', 'on_failure', 'keeping'],
];

function inline(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
}

/** Text as one would type it: a field a line, what is in a field on one. */
export function rulesText(rules: readonly Rule[]): string {
  const texts = rules.map((rule) => {
    const fields = Object.entries(brief(rule)).sort(
      ([a], [b]) => kFieldOrder.indexOf(a) - kFieldOrder.indexOf(b),
    );
    const lines = fields.map(([name, value]) => `      "${name}": ${inline(value)}`);
    return `    {\n${lines.join(',\n')}\n    }`;
  });
  return `{\n  "rules": [${texts.length === 0 ? '' : `\n${texts.join(',\n')}\n  `}]\n}\n`;
}

export function diffOf(before: readonly Rule[], after: readonly Rule[]): Diff {
  const old = new Map(before.map((rule) => [rule.name, rulesText([rule])]));
  const names = new Set(after.map((rule) => rule.name));
  return {
    added: after.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    changed: after
      .filter((rule) => old.has(rule.name) && old.get(rule.name) !== rulesText([rule]))
      .map(({ name }) => name),
    removed: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
  };
}
