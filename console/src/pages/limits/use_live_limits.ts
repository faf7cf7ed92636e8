// The last minute by second: what the server remembers of it, and then what its stream adds.
import { useEffect, useState } from 'react';
import type { StreamState } from '../../api/event_stream';
import {
  getRuleDetail,
  getUsage,
  watchLimits,
  type LiveSecond,
  type Owner,
} from '../../api/limits';

export const kSecondsShown = 60;

// Of so many rules, the busiest, the minute before the page was opened is asked for too.
const kRulesRemembered = 12;

export interface Second {
  allowed: number;
  denied: number;
  shadow: number;
  failed: number;
}

export const kQuiet: Second = { allowed: 0, denied: 0, shadow: 0, failed: 0 };

interface Past {
  asOfMs: number;
  rules: ReadonlyMap<string, readonly Second[]>;
}

interface Heard {
  /** Oldest first. */
  seconds: readonly { atMs: number; rules: ReadonlyMap<string, Second> }[];
  past: Past | undefined;
}

const kNothing: Heard = { seconds: [], past: undefined };

export interface LiveLimits {
  state: StreamState;
  /** Of the newest second; changes with each. */
  atMs: number;
  /** Always kSecondsShown of them, the newest last. */
  of: (rule: string) => readonly Second[];
  all: readonly Second[];
}

function hear(old: Heard, { at, rules }: LiveSecond): Heard {
  const byRule = new Map(
    rules.map(({ rule, allowed, denied, shadow_denied: shadow, failed }) => [
      rule,
      { allowed, denied, shadow, failed },
    ]),
  );
  const seconds = [...old.seconds, { atMs: Date.parse(at), rules: byRule }];
  return { ...old, seconds: seconds.slice(-kSecondsShown) };
}

function seriesOf({ seconds, past }: Heard, rule: string): readonly Second[] {
  const fresh = past ? seconds.filter(({ atMs }) => atMs > past.asOfMs) : seconds;
  const series = [
    ...Array.from({ length: kSecondsShown }, () => kQuiet),
    ...(past?.rules.get(rule) ?? []),
    ...fresh.map(({ rules }) => rules.get(rule) ?? kQuiet),
  ];
  return series.slice(-kSecondsShown);
}

function sumOf(heard: Heard): readonly Second[] {
  const names = new Set([
    ...(heard.past?.rules.keys() ?? []),
    ...heard.seconds.flatMap(({ rules }) => [...rules.keys()]),
  ]);
  const sums = Array.from({ length: kSecondsShown }, () => ({ ...kQuiet }));
  for (const name of names) {
    for (const [i, second] of seriesOf(heard, name).entries()) {
      const sum = sums[i];
      if (!sum) continue;
      sum.allowed += second.allowed;
      sum.denied += second.denied;
      sum.shadow += second.shadow;
      sum.failed += second.failed;
    }
  }
  return sums;
}

async function readPast(owner: Owner, signal: AbortSignal): Promise<Past> {
  const usage = await getUsage(owner, signal);
  const busiest = usage.rules
    .map(({ rule, recent: { allowed, denied, shadow_denied } }) => ({
      rule,
      count: allowed + denied + shadow_denied,
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, kRulesRemembered);
  const details = await Promise.all(busiest.map(({ rule }) => getRuleDetail(owner, rule, signal)));
  const times = details.map(({ as_of }) => Date.parse(as_of));
  const rules = details.map(
    ({ rule, seconds }) =>
      [
        rule,
        seconds.slice(-kSecondsShown).map((counts) => ({
          allowed: counts.allowed,
          denied: counts.denied,
          shadow: counts.shadow_denied,
          failed: counts.failed_open + counts.failed_closed + counts.failed_local,
        })),
      ] as const,
  );
  return { asOfMs: Math.max(Date.parse(usage.as_of), ...times), rules: new Map(rules) };
}

export function useLiveLimits(owner: Owner): LiveLimits {
  const [state, setState] = useState<StreamState>('connecting');
  const [heard, setHeard] = useState(kNothing);

  useEffect(() => {
    const stopped = new AbortController();
    const remember = async () => {
      try {
        const past = await readPast(owner, stopped.signal);
        setHeard((old) => ({ ...old, past }));
      } catch {
        // The past is an extra: without it the minute fills by itself.
      }
    };
    const stop = watchLimits(
      owner,
      (second) => setHeard((old) => hear(old, second)),
      (next) => {
        setState(next);
        // Also after a break: what happened meanwhile was not streamed.
        if (next === 'open') void remember();
      },
    );
    return () => {
      stopped.abort();
      stop();
    };
  }, [owner]);

  return {
    state,
    atMs: heard.seconds.at(-1)?.atMs ?? 0,
    of: (rule) => seriesOf(heard, rule),
    all: sumOf(heard),
  };
}
