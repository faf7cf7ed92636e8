import type { DryRun, DryRunRule } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { Badge } from '../../ui/badge';
import { Fact, Facts } from '../../ui/facts';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import './dry_run_result.css';

const kMostRules = 30;

function change(rule: DryRunRule): number {
  return Math.abs(rule.denied_candidate - rule.denied_now);
}

function State({ rule, changed }: { rule: DryRunRule; changed: boolean }) {
  if (rule.state === 'added') return <Badge tone="good">new</Badge>;
  if (rule.state === 'removed') return <Badge tone="bad">removed</Badge>;
  return changed ? <Badge tone="good">changed</Badge> : null;
}

function Examples({ rule }: { rule: DryRunRule }) {
  return (
    <details className="dry-run-examples">
      <summary>
        {rule.examples.length === 1 ? 'One' : rule.examples.length} that <code>{rule.rule}</code>{' '}
        would refuse, and does not now
      </summary>
      <ul>
        {rule.examples.map(({ at, attributes }, i) => (
          <li key={i}>
            <Timestamp at={at} />{' '}
            {Object.entries(attributes).map(([name, value]) => (
              <span key={name} className="dry-run-attribute">
                {name} <code>{value}</code>
              </span>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}

function ByRule({ run }: { run: DryRun }) {
  const touched = run.rules.filter((rule) => rule.applied_now + rule.applied_candidate > 0);
  const rows = touched.sort((a, b) => change(b) - change(a)).slice(0, kMostRules);
  if (rows.length === 0) return <p className="modal-text">No rule applied to any of them.</p>;
  return (
    <>
      <Table
        label="Refused by rule"
        className="dry-run-table"
        columns={
          <>
            <Column>Rule</Column>
            <Column end>Asked</Column>
            <Column end>Refused now</Column>
            <Column end>With the change</Column>
          </>
        }
      >
        {rows.map((rule) => (
          <Row key={rule.rule}>
            <RowHead>
              <span className="dry-run-name">{rule.rule}</span>{' '}
              <State rule={rule} changed={run.diff.changed.includes(rule.rule)} />
              {rule.shadow && <Badge tone="off">shadow</Badge>}
            </RowHead>
            <Cell className="dry-run-number numeric" end>
              {formatCount(Math.max(rule.applied_now, rule.applied_candidate))}
            </Cell>
            <Cell className="dry-run-number numeric" end>
              {rule.state === 'added' ? '–' : formatCount(rule.denied_now)}
            </Cell>
            <Cell
              className={`dry-run-number numeric ${change(rule) > 0 ? 'dry-run-differs' : ''}`}
              end
            >
              {rule.state === 'removed' ? '–' : formatCount(rule.denied_candidate)}
            </Cell>
          </Row>
        ))}
      </Table>
      {rows
        .filter((rule) => rule.examples.length > 0)
        .map((rule) => (
          <Examples key={rule.rule} rule={rule} />
        ))}
    </>
  );
}

export function DryRunResult({ run }: { run: DryRun }) {
  if (run.checks === 0) {
    return (
      <section className="dry-run" aria-label="Dry run">
        <p className="modal-text" role="status">
          The rules are valid. Nothing was checked of late, so there is nothing to replay.
        </p>
      </section>
    );
  }
  const more = run.denied_candidate - run.denied_now;
  const moreWords =
    more === 0 ? 'no change' : `${formatCount(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'}`;
  return (
    <section className="dry-run" aria-label="Dry run">
      <p className="modal-text" role="status">
        The last {formatCount(run.checks)} {run.checks === 1 ? 'check' : 'checks'}, replayed from
        empty counts
        {run.since !== null && (
          <>
            , the first of them <Timestamp at={run.since} />
          </>
        )}
        :
      </p>
      <Facts>
        <Fact name="Refused when they came" numeric>
          {formatCount(run.denied_then)}
        </Fact>
        <Fact name="Replayed, rules of now" numeric>
          {formatCount(run.denied_now)}
        </Fact>
        <Fact name="Replayed, with the change" numeric>
          {formatCount(run.denied_candidate)} <span className="dry-run-more">{moreWords}</span>
        </Fact>
      </Facts>
      {run.not_judged > 0 && (
        <p className="modal-text">
          {formatCount(run.not_judged)} could not be judged: more than 32 rules would apply.
        </p>
      )}
      <ByRule run={run} />
    </section>
  );
}
