import { useState } from 'react';
import type { Rule } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { Course, Page } from '../../ui/page';
import { DeleteRule } from './delete_rule';
import { EditRule, type Editing } from './edit_rule';
import { useRules, useUsage, verdicts } from './limits_queries';
import { RuleDetailView, useDetail } from './rule_detail';
import { keyWords, limitWords, sentence } from './rule_words';

function RuleFacts({ name, rule }: { name: string; rule: Rule | undefined }) {
  const { tenant } = useTenant();
  const usage = useUsage(tenant);
  const row = usage.data?.rules.find((each) => each.rule === name);
  const recent = row && verdicts(row.recent);
  const total = row && verdicts(row.total);
  const shadow = rule?.shadow === true;
  const shown = (count: number | undefined) => (count === undefined ? '–' : formatCount(count));
  return (
    <Facts>
      <Fact name="Limit">{rule ? limitWords(rule) : '–'}</Fact>
      <Fact name="Allowed in 5 min" numeric>
        {shown(recent?.passed)}
      </Fact>
      <Fact name={shadow ? 'Would be denied' : 'Denied in 5 min'} numeric testId="rule-denied">
        {shown(shadow ? recent?.shadow : recent?.refused)}
      </Fact>
      <Fact name="Since the start" numeric>
        {shown(total?.passed)} / {shown(shadow ? total?.shadow : total?.refused)}
      </Fact>
      <Fact name="Algorithm">{rule?.algorithm ?? '–'}</Fact>
      <Fact name="Counting">{rule ? `${rule.keeping}, fails ${rule.on_failure}` : '–'}</Fact>
    </Facts>
  );
}

function NoSuchRule({ name }: { name: string }) {
  return (
    <EmptyState title="No such rule">
      <p>
        This tenant has no rule called <code>{name}</code> now. See the{' '}
        <a href={`${hrefs.limits}?view=versions`}>versions</a> for what it had, or{' '}
        <a href={hrefs.limits}>all rules</a>.
      </p>
    </EmptyState>
  );
}

export function RulePage({ name }: { name: string }) {
  const rules = useRules();
  const [editing, setEditing] = useState<Editing | null>(null);
  const [deleting, setDeleting] = useState(false);
  const rule = rules.data?.data.rules.find((each) => each.name === name);
  const { tenant } = useTenant();
  const detail = useDetail(tenant, name, rule !== undefined);
  const gone = rules.isSuccess && rule === undefined;
  const shadow = rule?.shadow === true;
  return (
    <Page
      title={name}
      crumb={<a href={hrefs.limits}>Limits</a>}
      lead={rule ? sentence(rule) : gone ? undefined : '…'}
      actions={
        rule && (
          <>
            {shadow && <Badge tone="off">Shadow</Badge>}
            <LiveMark state={detail.isError ? 'waiting' : detail.data ? 'open' : 'connecting'} />
            <Button onPress={() => setEditing({ rule: name })}>Edit</Button>
            <Button onPress={() => setDeleting(true)}>Delete</Button>
          </>
        )
      }
    >
      {gone && (
        <Course>
          <NoSuchRule name={name} />
        </Course>
      )}
      {!gone && (
        <>
          <Course>
            <RuleFacts name={name} rule={rule} />
          </Course>
          <RuleDetailView detail={detail} shadow={shadow} counts={rule ? keyWords(rule) : '…'} />
        </>
      )}
      <EditRule
        editing={editing}
        onClose={() => setEditing(null)}
        onSaved={(saved) => go(hrefs.limit(saved))}
      />
      <DeleteRule
        name={name}
        isOpen={deleting}
        onClose={() => setDeleting(false)}
        onDeleted={() => go(hrefs.limits)}
      />
    </Page>
  );
}
