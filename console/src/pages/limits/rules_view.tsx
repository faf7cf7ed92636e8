import { formatCount, formatRate } from '../../lib/numbers';
import { Button } from '../../ui/button';
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
import '../../ui/facts.css';
import './rules_view.css';

// One second alone flickers; of three the mean is still of now.
const kRateSeconds = 3;

function rate(seconds: readonly Second[], of: (second: Second) => number): number {
  const last = seconds.slice(-kRateSeconds);
  return last.reduce((sum, second) => sum + of(second), 0) / Math.max(1, last.length);
}

function Facts({ live }: { live: LiveLimits }) {
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
    <dl className="facts limits-facts">
      <div className="limits-rate">
        <dt>Answers of rules a second, the last minute</dt>
        <dd>
          <span className="numeric">{formatRate(perSecond)}</span>
          <Spark seconds={live.all} tick={live.atMs} />
        </dd>
      </div>
      <div>
        <dt>Allowed in 5 min</dt>
        <dd className="numeric">{shown(sum.passed)}</dd>
      </div>
      <div>
        <dt>Denied in 5 min</dt>
        <dd className={sum.refused > 0 ? 'numeric limits-denied' : 'numeric'} data-testid="denied">
          {shown(sum.refused)}
        </dd>
      </div>
      <div>
        <dt>Would be denied</dt>
        <dd className="numeric">{shown(sum.shadow)}</dd>
      </div>
    </dl>
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
        <Facts live={live} />
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
