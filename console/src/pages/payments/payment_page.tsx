import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { getPayment, type Payment } from '../../api/payments';
import { hasStatus } from '../../api/problem';
import { formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { DisputeDeadline } from './dispute_deadline';
import { PaymentActions } from './payment_actions';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { cardWords, DisputeBadge, kRefundWords, PaymentBadge } from './payment_words';
import { Story } from './story';

function Notices({ payment }: { payment: Payment }) {
  const { decline, next_action: action, state } = payment;
  return (
    <>
      {decline !== null && state !== 'succeeded' && (
        <Notice tone="bad">
          <p>
            Declined: {decline.message} (<code>{decline.code}</code>)
          </p>
        </Notice>
      )}
      {action !== null && state === 'needs_action' && (
        <Notice>
          <p>
            The customer is to authenticate at <a href={action.url}>their bank’s page</a>.
          </p>
        </Notice>
      )}
      {state === 'processing' && (
        <Notice>
          <p>
            The provider’s answer is not known yet. Ashlar asks it; nothing is sent a second time.
          </p>
        </Notice>
      )}
    </>
  );
}

function PaymentFacts({ payment }: { payment: Payment }) {
  const { currency } = payment;
  const amounts: [string, number][] = [
    ['Can be captured', payment.amount_capturable],
    ['Captured', payment.amount_captured],
    ['Refunded', payment.amount_refunded],
    ['Disputed', payment.amount_disputed],
  ];
  const optional: [string, ReactNode][] = [
    // Without a description the number stands below the title already.
    ['Number', payment.description === null ? null : payment.id],
    ['Your reference', payment.merchant_reference],
    ['Customer', payment.customer],
    ['Provider’s reference', payment.attempts.at(-1)?.reference ?? null],
  ];
  return (
    <Facts>
      <Fact name="State">
        <PaymentBadge payment={payment} />
      </Fact>
      {amounts.map(
        ([name, amount]) =>
          amount > 0 && (
            <Fact key={name} name={name} numeric bad={name === 'Disputed'}>
              {formatMoney(amount, currency)}
            </Fact>
          ),
      )}
      <Fact name="Paid with">{cardWords(payment.attempts) ?? '–'}</Fact>
      <Fact name="Provider">{payment.attempts.at(-1)?.provider ?? '–'}</Fact>
      <Fact name="Created">
        <Timestamp at={payment.created_at} />
      </Fact>
      {optional.map(
        ([name, value]) =>
          value !== null && (
            <Fact key={name} name={name} className="facts-wide">
              <span className="mono">{value}</span>
            </Fact>
          ),
      )}
    </Facts>
  );
}

function Refunds({ payment }: { payment: Payment }) {
  if (payment.refunds.length === 0) return null;
  return (
    <Course title="Refunds">
      <Facts>
        {payment.refunds.map(({ id, state, amount, currency, failure, created_at: at }) => (
          <Fact key={id} name={<span className="mono">{id}</span>} className="facts-wide">
            {formatMoney(amount, currency)} · {kRefundWords[state]}
            {failure !== null && ` (${failure})`} · <Timestamp at={at} />
          </Fact>
        ))}
      </Facts>
    </Course>
  );
}

function Disputes({ payment }: { payment: Payment }) {
  if (payment.disputes.length === 0) return null;
  return (
    <Course title="Disputes">
      {payment.disputes.map((dispute) => (
        <Facts key={dispute.id}>
          <Fact name="Dispute">
            <a href={hrefs.dispute(dispute.id)}>{formatMoney(dispute.amount, dispute.currency)}</a>
          </Fact>
          <Fact name="State">
            <DisputeBadge state={dispute.state} />
          </Fact>
          <Fact name="Answer due">
            <DisputeDeadline dispute={dispute} />
          </Fact>
        </Facts>
      ))}
    </Course>
  );
}

function Content({ payment }: { payment: Payment }) {
  return (
    <>
      <Course>
        <Notices payment={payment} />
        <PaymentFacts payment={payment} />
      </Course>
      <Disputes payment={payment} />
      <Refunds payment={payment} />
      <Story payment={payment.id} />
    </>
  );
}

export function PaymentPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: paymentKeys.payment(tenant, id),
    queryFn: ({ signal }) => getPayment(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const payment = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={payment ? formatMoney(payment.amount, payment.currency) : 'Payment'}
      lead={missing ? undefined : payment ? (payment.description ?? payment.id) : '…'}
      crumb={<a href={hrefs.payments}>Payments</a>}
      actions={payment && <PaymentActions payment={payment} />}
    >
      {payment ? (
        <Content payment={payment} />
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such payment">
              <p>
                This tenant has no payment of this number. See{' '}
                <a href={hrefs.payments}>all payments</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the payment" />}
        </Course>
      )}
    </Page>
  );
}
