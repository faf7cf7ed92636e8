import type { Usage } from '../../api/limits';
import { formatCount, formatRate } from '../../lib/numbers';
import { Fact, Facts } from '../../ui/facts';
import { verdicts } from './limits_queries';
import { Spark } from './spark';
import type { LiveLimits, Second } from './use_live_limits';
import './limit_facts.css';

// One second alone flickers; of three the mean is still of now.
const kRateSeconds = 3;

function rate(seconds: readonly Second[], of: (second: Second) => number): number {
  const last = seconds.slice(-kRateSeconds);
  return last.reduce((sum, second) => sum + of(second), 0) / Math.max(1, last.length);
}

interface LimitFactsProps {
  usage: Usage | undefined;
  live: LiveLimits;
}

export function LimitFacts({ usage, live }: LimitFactsProps) {
  const sum = { passed: 0, refused: 0, shadow: 0 };
  for (const { recent } of usage?.rules ?? []) {
    const { passed, refused, shadow } = verdicts(recent);
    sum.passed += passed;
    sum.refused += refused;
    sum.shadow += shadow;
  }
  const shown = (count: number) => (usage ? formatCount(count) : '–');
  const perSecond = rate(live.all, (s) => s.allowed + s.denied + s.shadow + s.failed);
  return (
    <Facts large>
      <Fact name="Answers of rules a second, the last minute" className="facts-wide limits-rate">
        <span className="numeric">{formatRate(perSecond)}</span>
        <Spark seconds={live.all} tick={live.atMs} />
      </Fact>
      <Fact name="Allowed in 5 min" numeric>
        {shown(sum.passed)}
      </Fact>
      <Fact name="Denied in 5 min" numeric bad={sum.refused > 0} testId="denied">
        {shown(sum.refused)}
      </Fact>
      <Fact name="Would be denied" numeric>
        {shown(sum.shadow)}
      </Fact>
    </Facts>
  );
}

/** What the colours of the stones mean; the numbers beside them say the same in words. */
export function Legend() {
  return (
    <span className="limits-legend" aria-hidden="true">
      <span className="legend-allowed">allowed</span>
      <span className="legend-denied">denied</span>
      <span className="legend-shadow">would be denied</span>
    </span>
  );
}
