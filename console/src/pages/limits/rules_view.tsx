import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import type { Editing } from './edit_rule';
import { LimitsEmpty } from './limits_empty';
import { LimitFacts, Legend } from './limit_facts';
import { useRules, useUsage } from './limits_queries';
import { RuleTable } from './rule_table';
import { useLiveLimits } from './use_live_limits';

export function RulesView({ onEdit }: { onEdit: (editing: Editing) => void }) {
  const { tenant } = useTenant();
  const live = useLiveLimits(tenant);
  const rules = useRules();
  const usage = useUsage(tenant);
  const list = rules.data?.data.rules ?? [];
  return (
    <>
      <Course>
        <LimitFacts usage={usage.data} live={live} />
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
