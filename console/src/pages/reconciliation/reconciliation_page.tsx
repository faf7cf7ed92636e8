import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  downloadReport,
  getRun,
  listItems,
  type Item,
  type ItemChoice,
  type Run,
} from '../../api/reconciliations';
import { hasStatus } from '../../api/problem';
import { saveFile } from '../../lib/download';
import { formatAmount, formatMoney } from '../../lib/money';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { ItemTable } from './item_table';
import { reconciliationKeys } from './reconciliation_keys';
import { RunBadge } from './reconciliation_words';
import { ResolveBreak } from './resolve_break';
import './reconciliation_page.css';

const kPageSize = 50;
const kChoices = [
  { value: 'break', label: 'Breaks' },
  { value: 'matched', label: 'Matched' },
] as const;

function Verdict({ run }: { run: Run }) {
  const odd = run.totals.filter(({ unexplained }) => unexplained !== 0);
  return (
    <>
      {run.breaks === 0 && run.state === 'done' && (
        <Notice tone="good">
          <p>All {formatCount(run.lines)} lines match.</p>
        </Notice>
      )}
      {run.open_breaks > 0 && (
        <Notice tone="bad">
          <p>
            {formatCount(run.lines - run.breaks)} of {formatCount(run.lines)} lines match.{' '}
            {formatCount(run.breaks)} do not; {formatCount(run.open_breaks)} of them open.
          </p>
        </Notice>
      )}
      {odd.map(({ currency, unexplained }) => (
        <Notice key={currency}>
          <p>
            The statement’s own balances say {formatMoney(unexplained, currency)} more than its
            lines.
          </p>
        </Notice>
      ))}
    </>
  );
}

function RunFacts({ run }: { run: Run }) {
  return (
    <Facts>
      <Fact name="State">
        <RunBadge run={run} />
      </Fact>
      <Fact name="Provider">{run.provider}</Fact>
      <Fact name="Statement">
        {run.format}
        {run.statement_id !== null && ` · ${run.statement_id}`}
      </Fact>
      <Fact name="Made by">{run.asked_by}</Fact>
      <Fact name="Made">
        <Timestamp at={run.at} />
      </Fact>
    </Facts>
  );
}

function TotalsTable({ run }: { run: Run }) {
  if (run.totals.length === 0) return null;
  return (
    <Course title="In figures">
      <Table
        label="In figures"
        className="totals-table"
        cards
        columns={
          <>
            <Column>Currency</Column>
            <Column end>Statement, net</Column>
            <Column end>Ours, net</Column>
            <Column end>Difference</Column>
            <Column end>Matched</Column>
            <Column end>Breaks</Column>
          </>
        }
      >
        {run.totals.map((t) => (
          <Row key={t.currency}>
            <RowHead className="totals-currency">{t.currency}</RowHead>
            <Cell className="totals-theirs numeric" label="Statement, net" end>
              {formatAmount(t.statement_amount - t.statement_fee, t.currency)}
            </Cell>
            <Cell className="totals-ours numeric" label="Ours, net" end>
              {formatAmount(t.our_amount - t.our_fee, t.currency)}
            </Cell>
            <Cell className="totals-difference numeric" label="Difference" end>
              {formatAmount(t.difference, t.currency)}
            </Cell>
            <Cell className="totals-matched numeric" unit="matched" end>
              {formatCount(t.matched)}
            </Cell>
            <Cell className="totals-breaks numeric" unit="breaks" end>
              {formatCount(t.missing + t.extra + t.amount + t.fee + t.date)}
            </Cell>
          </Row>
        ))}
      </Table>
    </Course>
  );
}

function Lines({ run }: { run: Run }) {
  const { tenant } = useTenant();
  const [choice, setChoice] = useState<ItemChoice>(run.breaks === 0 ? 'matched' : 'break');
  const [resolving, setResolving] = useState<Item | null>(null);
  const items = usePaged(
    reconciliationKeys.items(tenant, run.id, choice),
    (cursor, signal) => listItems(tenant, run.id, choice, cursor, kPageSize, signal),
    { keepsOld: true },
  );
  return (
    <Course
      title="Lines"
      tools={
        <Segmented label="Which lines" value={choice} options={kChoices} onChange={setChoice} />
      }
    >
      <Paged list={items} what="lines" skeleton={6} empty={<p>There are none.</p>}>
        <ItemTable
          label={choice === 'break' ? 'Breaks' : 'Matched lines'}
          items={items.rows}
          onResolve={setResolving}
        />
      </Paged>
      <ResolveBreak item={resolving} onClose={() => setResolving(null)} />
    </Course>
  );
}

function Downloads({ run }: { run: Run }) {
  const { tenant } = useTenant();
  const saving = useAction<'csv' | 'html'>({
    run: async (format) => {
      saveFile(`${run.id}.${format}`, await downloadReport(tenant, run.id, format));
    },
    done: (format) => `${run.id}.${format} is saved.`,
    changes: [],
  });
  return (
    <>
      <Button onPress={() => saving.mutate('csv')}>Save as CSV</Button>
      <Button onPress={() => saving.mutate('html')}>Save as a page</Button>
    </>
  );
}

export function ReconciliationPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: reconciliationKeys.run(tenant, id),
    queryFn: ({ signal }) => getRun(tenant, id, signal),
  });
  const run = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={run ? `${run.provider}, ${run.day}` : 'Reconciliation'}
      lead={<span className="mono">{id}</span>}
      crumb={
        <>
          <a href={hrefs.payments}>Payments</a> / <a href={hrefs.reconciliations}>Reconciliation</a>
        </>
      }
      actions={run && <Downloads run={run} />}
    >
      <Course>
        {run && <Verdict run={run} />}
        {run && <RunFacts run={run} />}
        {missing && (
          <EmptyState title="No such reconciliation">
            <p>
              See <a href={hrefs.reconciliations}>all of them</a>.
            </p>
          </EmptyState>
        )}
        {answer.isError && !missing && <ErrorNotice error={answer.error} />}
        {answer.isPending && <Skeleton rows={4} label="Loading the reconciliation" />}
      </Course>
      {run && <TotalsTable run={run} />}
      {run && <Lines key={run.id} run={run} />}
    </Page>
  );
}
