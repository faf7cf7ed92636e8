import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getAgeing, listRuns, type Ageing, type Run } from '../../api/reconciliations';
import { formatMoney } from '../../lib/money';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { formatUtcDay } from '../../lib/time';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Skeleton } from '../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { NewReconciliation } from './new_reconciliation';
import { reconciliationKeys } from './reconciliation_keys';
import { RunBadge } from './reconciliation_words';
import './reconciliation_view.css';

const kPageSize = 25;
const kRefreshMs = 10_000;

function AgeingTable({ ageing }: { ageing: Ageing }) {
  const ages = ageing.open[0]?.ages.map(({ days }) => days) ?? [];
  if (ageing.open.length === 0) return null;
  return (
    <Course title="Open breaks, by their age in days">
      <Table
        label="Open breaks by age"
        className="ageing-table"
        cards
        columns={
          <>
            <Column>Provider</Column>
            {ages.map((days) => (
              <Column key={days} end>
                {days.replace('-', '–')}
              </Column>
            ))}
          </>
        }
      >
        {ageing.open.map(({ provider, currency, breaks, ages: of }) => (
          <Row key={`${provider} ${currency}`}>
            <RowHead className="ageing-provider">
              {provider}, {currency}
              <span className="table-small">{formatCount(breaks)} open</span>
            </RowHead>
            {of.map((age, index) => (
              <Cell
                key={age.days}
                className={`ageing-${index} numeric`}
                label={`${age.days.replace('-', '–')} days`}
                end
              >
                {age.breaks === 0 ? '–' : formatMoney(age.at_stake, currency)}
                {age.breaks > 0 && <span className="table-small">{formatCount(age.breaks)}</span>}
              </Cell>
            ))}
          </Row>
        ))}
      </Table>
    </Course>
  );
}

function differences(run: Run): string {
  const differing = run.totals.filter(({ difference }) => difference !== 0);
  if (differing.length === 0) return '–';
  return differing.map(({ difference, currency }) => formatMoney(difference, currency)).join(', ');
}

function RunRow({ run }: { run: Run }) {
  return (
    <Row>
      <RowHead className="run-day">
        <a href={hrefs.reconciliation(run.id)}>
          {formatUtcDay(run.day)}
          <span className="offscreen">
            , {run.provider}, statement {run.version}
          </span>
        </a>
        <span className="table-small">
          {run.provider}
          {run.version > 1 && `, statement ${run.version}`}
        </span>
      </RowHead>
      <Cell className="run-state">
        <RunBadge run={run} />
      </Cell>
      <Cell className="run-lines numeric" unit="lines" end>
        {formatCount(run.lines)}
      </Cell>
      <Cell className="run-breaks numeric" unit="breaks" end>
        {formatCount(run.breaks)}
      </Cell>
      <Cell className="run-difference numeric" label="Difference" end>
        {differences(run)}
      </Cell>
      <Cell className="run-at">
        <Timestamp at={run.at} />
      </Cell>
    </Row>
  );
}

export function ReconciliationView() {
  const { tenant } = useTenant();
  const [adding, setAdding] = useState(false);
  const ageing = useQuery({
    queryKey: reconciliationKeys.ageing(tenant),
    queryFn: ({ signal }) => getAgeing(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const runs = usePaged(
    reconciliationKeys.runs(tenant),
    (cursor, signal) => listRuns(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  const empty = (
    <EmptyState title="Nothing reconciled yet">
      <p>
        Each night Ashlar asks the sandbox for its statement of the day, and holds every line
        against what it has recorded. Reconcile a day now, with the provider’s own statement or with
        a file.
      </p>
    </EmptyState>
  );
  // What is below comes when what is above is known: nothing moves.
  if (ageing.isPending) {
    return (
      <Course>
        <Skeleton rows={6} label="Loading the open breaks" />
      </Course>
    );
  }
  return (
    <>
      {ageing.isError && <ErrorNotice error={ageing.error} />}
      {ageing.data && <AgeingTable ageing={ageing.data} />}
      <Course
        title="Days"
        tools={
          <Button look="primary" onPress={() => setAdding(true)}>
            Reconcile a day
          </Button>
        }
      >
        <Paged list={runs} what="reconciliations" skeleton={4} empty={empty}>
          <Table
            label="Reconciliations"
            className="run-table"
            cards
            columns={
              <>
                <Column>Day</Column>
                <Column>State</Column>
                <Column end>Lines</Column>
                <Column end>Breaks</Column>
                <Column end>Difference</Column>
                <Column>Made</Column>
              </>
            }
          >
            {runs.rows.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </Table>
        </Paged>
      </Course>
      <NewReconciliation isOpen={adding} onClose={() => setAdding(false)} />
    </>
  );
}
