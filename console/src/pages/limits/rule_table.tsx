import { useState } from 'react';
import type { Rule, RuleUsage } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { LoadMore } from '../../ui/load_more';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import type { Editing } from './edit_rule';
import { verdicts } from './limits_queries';
import { hasBurst, keyWords, limitWords, patternsOf } from './rule_words';
import { Spark } from './spark';
import type { LiveLimits } from './use_live_limits';
import './rule_table.css';

// A tenant may have ten thousand; each row is redrawn every second.
const kRowsAtOnce = 50;

interface RuleTableProps {
  rules: readonly Rule[];
  usage: readonly RuleUsage[];
  live: LiveLimits;
  onEdit: (editing: Editing) => void;
}

export function Conditions({ rule }: { rule: Rule }) {
  const conditions = Object.entries(rule.where);
  if (conditions.length === 0) return <>every request</>;
  return conditions.map(([attribute, wanted], i) => (
    <span key={attribute}>
      {i > 0 && ' and '}
      {attribute}{' '}
      {patternsOf(wanted).map((text, at) => (
        <span key={text}>
          {at > 0 && ' or '}
          <code>{text}</code>
        </span>
      ))}
    </span>
  ));
}

function RuleRow({
  rule,
  usage,
  live,
  onEdit,
}: Omit<RuleTableProps, 'rules' | 'usage'> & {
  rule: Rule;
  usage: RuleUsage | undefined;
}) {
  const recent = usage ? verdicts(usage.recent) : { passed: 0, refused: 0, shadow: 0 };
  const denied = rule.shadow ? recent.shadow : recent.refused;
  const burst = hasBurst(rule.algorithm) && rule.burst !== undefined;
  return (
    <Row>
      <RowHead className="rule-name">
        <a className="cut mono" href={hrefs.limit(rule.name)}>
          {rule.name}
        </a>
        {rule.shadow && <Badge tone="off">Shadow</Badge>}
        {rule.description !== undefined && (
          <span className="table-small" title={rule.description}>
            {rule.description}
          </span>
        )}
      </RowHead>
      <Cell className="rule-where">
        <span className="cut">{keyWords(rule)}</span>
        <span className="table-small" title={JSON.stringify(rule.where)}>
          <Conditions rule={rule} />
        </span>
      </Cell>
      <Cell className="rule-limit">
        <strong className="numeric">{limitWords(rule)}</strong>
        <span className="table-small">
          {rule.algorithm}
          {burst && `, burst ${formatCount(rule.burst ?? 0)}`}
        </span>
        <span className="table-small">
          {rule.keeping}, fails {rule.on_failure}
          {rule.cost !== 1 && `, cost ${formatCount(rule.cost)}`}
        </span>
      </Cell>
      <Cell className="rule-spark">
        <Spark seconds={live.of(rule.name)} tick={live.atMs} />
      </Cell>
      <Cell className="rule-passed numeric" unit="allowed" end>
        {formatCount(recent.passed)}
      </Cell>
      <Cell
        className={`rule-denied numeric${denied > 0 && !rule.shadow ? ' rule-denies' : ''}`}
        unit={rule.shadow ? 'would be' : 'denied'}
        end
      >
        {formatCount(denied)}
        {rule.shadow && <span className="table-small rule-would">would be</span>}
      </Cell>
      <Cell className="rule-actions" end>
        <Button small onPress={() => onEdit({ rule: rule.name })} aria-label={`Edit ${rule.name}`}>
          Edit
        </Button>
      </Cell>
    </Row>
  );
}

export function RuleTable({ rules, usage, live, onEdit }: RuleTableProps) {
  const [rows, setRows] = useState(kRowsAtOnce);
  const byName = new Map(usage.map((each) => [each.rule, each]));
  return (
    <>
      <Table
        label="Rules"
        className="limit-table"
        cards
        columns={
          <>
            <Column>Rule</Column>
            <Column>Counts</Column>
            <Column>Limit</Column>
            <Column>The last minute</Column>
            <Column end>
              Allowed<span className="rule-in"> in 5 min</span>
            </Column>
            <Column end>
              Denied<span className="rule-in"> in 5 min</span>
            </Column>
            <ActionsColumn />
          </>
        }
      >
        {rules.slice(0, rows).map((rule) => (
          <RuleRow
            key={rule.name}
            rule={rule}
            usage={byName.get(rule.name)}
            live={live}
            onEdit={onEdit}
          />
        ))}
      </Table>
      <LoadMore
        hasMore={rules.length > rows}
        isLoading={false}
        onLoad={() => setRows(rows + kRowsAtOnce)}
      />
    </>
  );
}
