import { formatCount, formatRate } from '../../lib/numbers';
import { Button } from '../../ui/button';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import type { Editing } from './edit_rule';
import { LimitsEmpty } from './limits_empty';
import { useRules, useUsage, verdicts } from './limits_queries';
import { RuleTable } from './rule_table';
import { Spark } from './spark';
import { useLiveLimits, type LiveLimits, type Second } from './use_live_limits';
import './rules_view.css';

// One second alone flickers; of three the mean is still of now.
const kRateSeconds = 3;

function rate(seconds: readonly Second[], of: (second: Second) => number): number {
  const last = seconds.slice(-kRateSeconds);
  return last.reduce((sum, second) => sum + of(second), 0) / Math.max(1, last.length);
}

function LimitFacts({ live }: { live: LiveLimits }) {
  const usage = useUsage();
  const sum = { passed: 0, refused: 0, shadow: 0 };
  for (const { recent } of usage.data?.rules ?? []) {
    const { passed, refused, shadow } = verdicts(recent);
    sum.passed += passed;
    sum.refused += refused;
    sum.shadow += shadow;
  }
  const shown = (count: number) => (usage.data ? formatCount(count) : '–');
  const perSecond = rate(live.all, (s) => s.allowed + s.denied + s.shadow + s.failed);
  return (
    <Facts large>
      <Fact name="Answers of rules a second, the last minute" className="limits-rate">
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
function Legend() {
  return (
    <span className="limits-legend" aria-hidden="true">
      <span className="legend-allowed">allowed</span>
      <span className="legend-denied">denied</span>
      <span className="legend-shadow">would be denied</span>
    </span>
  );
}

export function RulesView({ onEdit }: { onEdit: (editing: Editing) => void }) {
  const live = useLiveLimits();
  const rules = useRules();
  const usage = useUsage();
  const list = rules.data?.data.rules ?? [];
  return (
    <>
      <Course>
        <LimitFacts live={live} />
      </Course>
      <Course
        title="Rules"
        tools={
          <>
            <Legend />
            <LiveMark state={live.state} />
          </>
        }
      >
        {rules.isError && (
          <ErrorNotice
            error={rules.error}
            onRetry={<Button onPress={() => void rules.refetch()}>Try again</Button>}
          />
        )}
        {rules.isPending && <Skeleton rows={6} label="Loading rules" />}
        {rules.isSuccess && list.length === 0 && <LimitsEmpty />}
        {list.length > 0 && (
          <RuleTable rules={list} usage={usage.data?.rules ?? []} live={live} onEdit={onEdit} />
        )}
      </Course>
    </>
  );
}
