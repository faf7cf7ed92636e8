import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getRuleDetail, type Rule, type RuleDetail } from '../../api/limits';
import { hasStatus } from '../../api/problem';
import { formatCount } from '../../lib/numbers';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { DeleteRule } from './delete_rule';
import { EditRule, type Editing } from './edit_rule';
import { KeyRanking } from './key_ranking';
import { limitKeys, useRules, useUsage, verdicts } from './limits_queries';
import { keyWords, limitWords, sentence } from './rule_words';
import { SecondChart } from './second_chart';
import './rule_page.css';

const kRefreshMs = 1_000;
const kKeysShown = 10;

function useDetail(name: string, exists: boolean) {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: limitKeys.detail(tenant, name),
    queryFn: ({ signal }) => getRuleDetail(tenant, name, signal),
    enabled: exists,
    staleTime: 0,
    // Where there never was an answer, asking on would hide the error again every second.
    refetchInterval: ({ state }) =>
      state.status === 'error' && state.data === undefined ? false : kRefreshMs,
  });
}

function RuleFacts({ name, rule }: { name: string; rule: Rule | undefined }) {
  const usage = useUsage();
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

function Keys({ detail, shadow, rule }: { detail: RuleDetail; shadow: boolean; rule: Rule }) {
  const nobody = 'Nobody in the last 5 minutes.';
  return (
    <div className="rule-keys">
      <section>
        <h3>Asked most, {keyWords(rule)}</h3>
        <KeyRanking keys={detail.keys} label="Heaviest keys" empty={nobody} most={kKeysShown} />
      </section>
      <section>
        <h3>{shadow ? 'Would be denied most' : 'Denied most'}</h3>
        <KeyRanking
          keys={detail.denied_keys}
          label={shadow ? 'Keys that would be denied most' : 'Keys denied most'}
          empty={nobody}
          most={kKeysShown}
        />
      </section>
    </div>
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
  const detail = useDetail(name, rule !== undefined);
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
          <Course title="The last 5 minutes, by second">
            {detail.isError && !hasStatus(detail.error, 404) && (
              <ErrorNotice error={detail.error} />
            )}
            <SecondChart seconds={detail.data?.seconds ?? []} shadow={shadow} />
          </Course>
          <Course title="Heavy keys">
            {detail.data && rule ? (
              <Keys detail={detail.data} shadow={shadow} rule={rule} />
            ) : (
              <Skeleton rows={4} label="Loading keys" />
            )}
          </Course>
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
