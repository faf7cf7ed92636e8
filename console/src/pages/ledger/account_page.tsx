import { useQuery } from '@tanstack/react-query';
import { getAccount, listLegs, type Account, type Leg } from '../../api/ledger';
import { hasStatus } from '../../api/problem';
import { formatAmount, formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Skeleton } from '../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { BalanceChart } from './balance_chart';
import { kRefreshMs, ledgerKeys } from './ledger_keys';
import './account_page.css';

const kPageSize = 100;

const kKindWords: Record<string, string> = {
  posted: 'Posted',
  pending: 'Held',
  post: 'Hold posted',
  void: 'Hold released',
  expire: 'Hold expired',
};

function AccountFacts({ account }: { account: Account }) {
  const { currency } = account;
  const rule = account.debits_must_not_exceed_credits
    ? 'Debits stay within credits'
    : account.credits_must_not_exceed_debits
      ? 'Credits stay within debits'
      : 'No limit';
  return (
    <Facts>
      <Fact name="Credits less debits" numeric>
        {formatMoney(account.balance, currency)}
      </Fact>
      <Fact name="Debits" numeric>
        {formatMoney(account.debits_posted, currency)}
      </Fact>
      <Fact name="Credits" numeric>
        {formatMoney(account.credits_posted, currency)}
      </Fact>
      <Fact name="Debits held" numeric>
        {formatMoney(account.debits_pending, currency)}
      </Fact>
      <Fact name="Credits held" numeric>
        {formatMoney(account.credits_pending, currency)}
      </Fact>
      {account.available !== null && (
        <Fact name="Can still move" numeric>
          {formatMoney(account.available, currency)}
        </Fact>
      )}
      <Fact name="Rule">{rule}</Fact>
      {account.name !== null && (
        <Fact name="Name" className="facts-long">
          {account.name}
        </Fact>
      )}
      <Fact name="Opened">
        <Timestamp at={account.created_at} />
      </Fact>
    </Facts>
  );
}

/** Payments name their transfers after themselves: "pay_…:cap:1". */
function paymentOf(transfer: string): string | null {
  return /^pay_[^:]+(?=:)/.exec(transfer)?.[0] ?? null;
}
function runOf(transfer: string): string | null {
  return /^rec_[^:]+(?=:)/.exec(transfer)?.[0] ?? null;
}

function TransferName({ id }: { id: string }) {
  const payment = paymentOf(id);
  const run = runOf(id);
  const href = payment !== null ? hrefs.payment(payment) : run && hrefs.reconciliation(run);
  return href ? (
    <a className="cut mono" href={href} title={id}>
      {id}
    </a>
  ) : (
    <span className="cut mono" title={id}>
      {id}
    </span>
  );
}

function LegRow({ leg, currency }: { leg: Leg; currency: string }) {
  return (
    <Row>
      <RowHead className="leg-transfer">
        <TransferName id={leg.transfer_id} />
        <span className="table-small">{kKindWords[leg.kind] ?? leg.kind}</span>
      </RowHead>
      <Cell className="leg-debit numeric" label="Debit" end>
        {leg.side === 'debit' ? formatAmount(leg.amount, currency) : '–'}
      </Cell>
      <Cell className="leg-credit numeric" label="Credit" end>
        {leg.side === 'credit' ? formatAmount(leg.amount, currency) : '–'}
      </Cell>
      <Cell className="leg-balance numeric" label="Balance" end>
        {formatAmount(leg.balance, currency)}
      </Cell>
      <Cell className="leg-at">
        <Timestamp at={leg.at} />
      </Cell>
    </Row>
  );
}

function Movements({ account }: { account: Account }) {
  const { tenant } = useTenant();
  const legs = usePaged(
    ledgerKeys.legs(tenant, account.id),
    (cursor, signal) => listLegs(tenant, account.id, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  if (legs.isPending) {
    return (
      <Course>
        <Skeleton rows={6} label="Loading the movements" />
      </Course>
    );
  }
  return (
    <>
      {legs.rows.length > 1 && (
        <Course title="Balance over time">
          <BalanceChart legs={legs.rows} currency={account.currency} />
          {legs.hasNextPage && (
            <p className="account-note">Of the newest {legs.rows.length} movements.</p>
          )}
        </Course>
      )}
      <Course title="Movements, newest first">
        <Paged
          list={legs}
          what="movements"
          skeleton={6}
          empty={<p>Nothing has moved on this account.</p>}
        >
          <Table
            label="Movements"
            className="leg-table"
            cards
            columns={
              <>
                <Column>Transfer</Column>
                <Column end>Debit</Column>
                <Column end>Credit</Column>
                <Column end>Balance</Column>
                <Column>When</Column>
              </>
            }
          >
            {legs.rows.map((leg) => (
              <LegRow key={leg.number} leg={leg} currency={account.currency} />
            ))}
          </Table>
        </Paged>
      </Course>
    </>
  );
}

export function AccountPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: ledgerKeys.account(tenant, id),
    queryFn: ({ signal }) => getAccount(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const account = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={`Account ${id}`}
      lead={missing ? undefined : account ? `Kept in ${account.currency}.` : '…'}
      crumb={<a href={hrefs.ledger}>Ledger</a>}
    >
      <Course>
        {account && <AccountFacts account={account} />}
        {missing && (
          <EmptyState title="No such account">
            <p>
              This tenant has no account of this name. See <a href={hrefs.ledger}>all accounts</a>.
            </p>
          </EmptyState>
        )}
        {answer.isError && !missing && <ErrorNotice error={answer.error} />}
        {answer.isPending && <Skeleton rows={4} label="Loading the account" />}
      </Course>
      {account && <Movements account={account} />}
    </Page>
  );
}
