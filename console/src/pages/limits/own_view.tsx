import { useState } from 'react';
import type { RuleUsage } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { LiveMark } from '../../ui/live_mark';
import { LoadMore } from '../../ui/load_more';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { LimitFacts, Legend } from './limit_facts';
import { useUsage, verdicts } from './limits_queries';
import { Spark } from './spark';
import { useLiveLimits, type LiveLimits } from './use_live_limits';
import './rule_table.css';
import './own_view.css';

// There may be twenty thousand; each row is redrawn every second.
const kRowsAtOnce = 50;

const kExample = `{"rules": [
  {"name": "creates", "where": {"method": "POST", "module": "links"},
   "key": ["tenant"], "limit": 50, "per": "second", "burst": 500}
]}`;

function NoRules() {
  return (
    <EmptyState title="The installation has no rules">
      <p>
        Its own rules count what all tenants ask of Ashlar itself. They stand in files{' '}
        <code>*.rules.json</code> in the folder of <code>--limits-config</code>, and are read again
        when they change:
      </p>
      <CodeBlock code={kExample} label="A rule of the installation" />
      <p>
        The settings <code>limits.api_key_rate</code> and <code>limits.api_tenant_rate</code> make
        two without a file; rules of ratelimit’s files stand here too.
      </p>
    </EmptyState>
  );
}

// They are always there, for limits that come with requests and for rules beyond the most kept.
const kBuiltIn: readonly string[] = ['request', '(other)'];

function isOfInterest({ rule, total }: RuleUsage): boolean {
  const { passed, refused, shadow } = verdicts(total);
  return !kBuiltIn.includes(rule) || passed + refused + shadow > 0;
}

function OwnRow({ rule, live }: { rule: RuleUsage; live: LiveLimits }) {
  const { passed, refused, shadow } = verdicts(rule.recent);
  return (
    <Row>
      <RowHead className="rule-name">
        <a className="cut mono" href={hrefs.ownLimit(rule.rule)}>
          {rule.rule}
        </a>
      </RowHead>
      <Cell className="rule-spark">
        <Spark seconds={live.of(rule.rule)} tick={live.atMs} />
      </Cell>
      <Cell className="rule-passed numeric" unit="allowed" end>
        {formatCount(passed)}
      </Cell>
      <Cell className={`rule-denied numeric${refused > 0 ? ' rule-denies' : ''}`} unit="denied" end>
        {formatCount(refused)}
      </Cell>
      <Cell className="rule-shadow numeric" unit="would be denied" end>
        {formatCount(shadow)}
      </Cell>
    </Row>
  );
}

export function OwnView() {
  const live = useLiveLimits(null);
  const usage = useUsage(null);
  const [rows, setRows] = useState(kRowsAtOnce);
  const rules = (usage.data?.rules ?? []).filter(isOfInterest);
  return (
    <>
      <Course>
        <LimitFacts usage={usage.data} live={live} />
      </Course>
      <Course
        title="Rules of the installation"
        tools={
          <>
            <Legend />
            <LiveMark state={live.state} />
          </>
        }
      >
        {usage.isError && <ErrorNotice error={usage.error} />}
        {usage.isPending && <Skeleton rows={4} label="Loading rules" />}
        {usage.isSuccess && rules.length === 0 && <NoRules />}
        {rules.length > 0 && (
          <Table
            label="Rules of the installation"
            className="own-rule-table"
            cards
            columns={
              <>
                <Column>Rule</Column>
                <Column>The last minute</Column>
                <Column end>
                  Allowed<span className="rule-in"> in 5 min</span>
                </Column>
                <Column end>
                  Denied<span className="rule-in"> in 5 min</span>
                </Column>
                <Column end>Would be denied</Column>
              </>
            }
          >
            {rules.slice(0, rows).map((rule) => (
              <OwnRow key={rule.rule} rule={rule} live={live} />
            ))}
          </Table>
        )}
        <LoadMore
          hasMore={rules.length > rows}
          isLoading={false}
          onLoad={() => setRows(rows + kRowsAtOnce)}
        />
      </Course>
    </>
  );
}
