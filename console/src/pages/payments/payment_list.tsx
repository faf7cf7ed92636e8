import { useQuery } from '@tanstack/react-query';
import {
  getBalances,
  kPaymentStates,
  listPayments,
  type Payment,
  type PaymentState,
} from '../../api/payments';
import { formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { ChoiceFilter } from '../../ui/choice_filter';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { Course } from '../../ui/page';
import { usePaged } from '../../ui/paged';
import { PagedCourse } from '../../ui/paged_course';
import { Cell, Row, RowHead } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { cardWords, kStateWords, PaymentBadge } from './payment_words';
import './payment_table.css';

const kPageSize = 25;
const kStates = kPaymentStates.map((state) => ({ value: state, label: kStateWords[state] }));

function Balances() {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: paymentKeys.balances(tenant),
    queryFn: ({ signal }) => getBalances(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  // Its place is kept while nothing is known, so that the list below does not move.
  const balances = answer.data?.balances ?? [];
  return (
    <Course>
      <Facts large>
        {balances.length === 0 && <Fact name="Available">–</Fact>}
        {balances.length === 0 && <Fact name="On its way to you">–</Fact>}
        {balances.flatMap(({ currency, available, pending }) => [
          <Fact key={`${currency} available`} name="Available" numeric bad={available < 0}>
            {formatMoney(available, currency)}
          </Fact>,
          <Fact key={`${currency} pending`} name="On its way to you" numeric>
            {formatMoney(pending, currency)}
          </Fact>,
        ])}
      </Facts>
    </Course>
  );
}

function PaymentRow({ payment }: { payment: Payment }) {
  const { id, amount, currency, decline } = payment;
  const about = payment.description ?? payment.merchant_reference;
  return (
    <Row>
      <RowHead className="payment-amount numeric">
        <a href={hrefs.payment(id)} aria-label={`${formatMoney(amount, currency)}, ${id}`}>
          {formatMoney(amount, currency)}
        </a>
      </RowHead>
      <Cell className="payment-state">
        <PaymentBadge payment={payment} />
        {decline !== null && (
          <span className="table-small" title={decline.message}>
            {decline.message}
          </span>
        )}
      </Cell>
      <Cell className="payment-about">
        {about !== null && <span className="cut">{about}</span>}
        <span className={about === null ? 'cut mono' : 'table-small mono'}>{id}</span>
      </Cell>
      <Cell className="payment-card">{cardWords(payment.attempts) ?? '–'}</Cell>
      <Cell className="payment-created">
        <Timestamp at={payment.created_at} />
      </Cell>
    </Row>
  );
}

function command(): string {
  return `curl -X POST ${window.location.origin}/v1/payments \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: my-first-payment' \\
  -d '{"amount":1250,"currency":"EUR","payment_method":"pm_card_visa","confirm":true,"description":"Blue teapot"}'`;
}

function NoPayments({ state }: { state: PaymentState | null }) {
  if (state !== null) {
    return (
      <EmptyState title="No such payment">
        <p>No payment is in this state now.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No payments yet">
      <p>
        The sandbox is a bank of Ashlar’s own: no money moves. Put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>payments:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that takes a payment" />
    </EmptyState>
  );
}

export function PaymentsView({ state }: { state: PaymentState | null }) {
  const { tenant } = useTenant();
  const payments = usePaged(
    paymentKeys.list(tenant, state),
    (cursor, signal) => listPayments(tenant, state, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <>
      <Balances />
      <PagedCourse
        label="Payments"
        list={payments}
        skeleton={6}
        empty={<NoPayments state={state} />}
        tools={
          <ChoiceFilter
            label="State"
            all="All states"
            choices={kStates}
            value={state}
            page={hrefs.payments}
            name="state"
          />
        }
        className="payment-table"
        columns={['Amount', 'State', 'About', 'Paid with', 'Created']}
        row={(payment) => <PaymentRow key={payment.id} payment={payment} />}
      />
    </>
  );
}
