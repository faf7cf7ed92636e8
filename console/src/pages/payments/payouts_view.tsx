import { listPayouts, type Payout } from '../../api/payments';
import { formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { usePaged } from '../../ui/paged';
import { PagedCourse } from '../../ui/paged_course';
import { Cell, Row, RowHead } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { PayoutBadge } from './payment_words';
import './payouts_view.css';

const kPageSize = 25;

function PayoutRow({ payout }: { payout: Payout }) {
  const { id, amount, currency, failure, destination } = payout;
  return (
    <Row>
      <RowHead className="payout-amount numeric">{formatMoney(amount, currency)}</RowHead>
      <Cell className="payout-state">
        <PayoutBadge state={payout.state} />
        {failure !== null && (
          <span className="table-small" title={failure}>
            {failure}
          </span>
        )}
      </Cell>
      <Cell className="payout-to">
        {destination !== null && <span className="cut mono">{destination}</span>}
        <span className={destination === null ? 'cut mono' : 'table-small mono'}>{id}</span>
      </Cell>
      <Cell className="payout-provider">{payout.provider}</Cell>
      <Cell className="payout-created">
        <Timestamp at={payout.created_at} />
      </Cell>
    </Row>
  );
}

function command(): string {
  return `curl -X POST ${window.location.origin}/v1/payouts \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: my-first-payout' \\
  -d '{"amount":1000,"currency":"EUR"}'`;
}

function NoPayouts() {
  return (
    <EmptyState title="No payouts yet">
      <p>
        What is available is sent to your bank account by a program: put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>payments:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that pays out" />
    </EmptyState>
  );
}

export function PayoutsView() {
  const { tenant } = useTenant();
  const payouts = usePaged(
    paymentKeys.payouts(tenant),
    (cursor, signal) => listPayouts(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <PagedCourse
      label="Payouts"
      list={payouts}
      skeleton={4}
      empty={<NoPayouts />}
      className="payout-table"
      columns={['Amount', 'State', 'To', 'Provider', 'Created']}
      row={(payout) => <PayoutRow key={payout.id} payout={payout} />}
    />
  );
}
