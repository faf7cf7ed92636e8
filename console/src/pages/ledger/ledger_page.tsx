import { useQuery } from '@tanstack/react-query';
import {
  getHead,
  getTrialBalance,
  listAccounts,
  type Account,
  type TrialBalance,
} from '../../api/ledger';
import { formatAmount, formatMoney } from '../../lib/money';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Badge } from '../../ui/badge';
import { ChoiceFilter } from '../../ui/choice_filter';
import { CodeBlock } from '../../ui/code_block';
import { CopyButton } from '../../ui/copy_button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Skeleton } from '../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, ledgerKeys } from './ledger_keys';
import './ledger_page.css';

const kPageSize = 50;

function BookFacts({ trial }: { trial: TrialBalance | undefined }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: ledgerKeys.head(tenant),
    queryFn: ({ signal }) => getHead(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const head = answer.data;
  return (
    <Course>
      {answer.isError && <ErrorNotice error={answer.error} />}
      <Facts>
        <Fact name="The book">
          {trial === undefined ? (
            '–'
          ) : (
            <Badge tone={trial.balanced ? 'good' : 'bad'}>
              {trial.balanced ? 'Balanced' : 'Not balanced'}
            </Badge>
          )}
        </Fact>
        <Fact name="Transfers" numeric>
          {head ? formatCount(head.transfers) : '–'}
        </Fact>
        <Fact name="Last written">{head && head.seq > 0 ? <Timestamp at={head.at} /> : '–'}</Fact>
        <Fact name="Head of the chain" className="facts-wide">
          <span className="ledger-head">
            <span className="cut mono" title={head?.hash}>
              {head?.hash ?? '–'}
            </span>
            <CopyButton text={JSON.stringify(head ?? null)} label="Copy: the signed head" small />
          </span>
        </Fact>
      </Facts>
    </Course>
  );
}

function TrialBalanceTable({ trial }: { trial: TrialBalance }) {
  if (trial.currencies.length === 0) return null;
  return (
    <Course title="Trial balance">
      <Table
        label="Trial balance"
        className="trial-table"
        cards
        columns={
          <>
            <Column>Currency</Column>
            <Column end>Accounts</Column>
            <Column end>Debits</Column>
            <Column end>Credits</Column>
            <Column end>Held</Column>
            <Column>Sum</Column>
          </>
        }
      >
        {trial.currencies.map((one) => (
          <Row key={one.currency}>
            <RowHead className="trial-currency">{one.currency}</RowHead>
            <Cell className="trial-accounts numeric" unit="accounts" end>
              {formatCount(one.accounts)}
            </Cell>
            <Cell className="trial-debits numeric" label="Debits" end>
              {formatAmount(one.debits_posted, one.currency)}
            </Cell>
            <Cell className="trial-credits numeric" label="Credits" end>
              {formatAmount(one.credits_posted, one.currency)}
            </Cell>
            <Cell className="trial-held numeric" label="Held" end>
              {formatAmount(one.debits_pending, one.currency)}
            </Cell>
            <Cell className="trial-sum">
              <Badge tone={one.balanced ? 'good' : 'bad'}>
                {one.balanced ? 'Zero' : 'Not zero'}
              </Badge>
            </Cell>
          </Row>
        ))}
      </Table>
    </Course>
  );
}

function aboutAccount({ name, closed, reserved }: Account): string {
  const words = [name, closed ? 'closed' : null, reserved ? 'kept by payments' : null];
  return words.filter((word) => word !== null).join(' · ');
}

function AccountRow({ account }: { account: Account }) {
  const { id, currency, balance } = account;
  const held = account.credits_pending - account.debits_pending;
  return (
    <Row>
      <RowHead className="account-name">
        <a className="cut mono" href={hrefs.account(id)} title={id}>
          {id}
        </a>
        <span className="table-small">{aboutAccount(account)}</span>
      </RowHead>
      <Cell className="account-balance numeric" end>
        {formatMoney(balance, currency)}
      </Cell>
      <Cell className="account-held numeric" label="Held" end>
        {held === 0 ? '–' : formatMoney(held, currency)}
      </Cell>
      <Cell className="account-legs numeric" unit="legs" end>
        {formatCount(account.legs)}
      </Cell>
    </Row>
  );
}

function command(): string {
  return `curl -X POST ${window.location.origin}/v1/ledger/accounts \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -d '{"accounts":[{"id":"cash","currency":"EUR"},{"id":"alice","currency":"EUR"}]}'`;
}

function NoAccounts() {
  return (
    <EmptyState title="No accounts yet">
      <p>
        Payments open their accounts by themselves. To keep a book of your own, put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>ledger:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that opens two accounts" />
    </EmptyState>
  );
}

interface AccountsProps {
  currency: string | null;
  currencies: readonly string[];
}

function Accounts({ currency, currencies }: AccountsProps) {
  const { tenant } = useTenant();
  const accounts = usePaged(
    ledgerKeys.accounts(tenant, currency),
    (cursor, signal) => listAccounts(tenant, currency, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <Course
      title="Accounts"
      tools={
        currencies.length > 1 && (
          <ChoiceFilter
            label="Currency"
            all="All currencies"
            choices={currencies.map((one) => ({ value: one, label: one }))}
            value={currency}
            page={hrefs.ledger}
            name="currency"
          />
        )
      }
    >
      <Paged list={accounts} what="accounts" skeleton={6} empty={<NoAccounts />}>
        <Table
          label="Accounts"
          className="account-table"
          cards
          columns={
            <>
              <Column>Account</Column>
              <Column end>Balance</Column>
              <Column end>Held</Column>
              <Column end>Legs</Column>
            </>
          }
        >
          {accounts.rows.map((account) => (
            <AccountRow key={account.id} account={account} />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}

export function LedgerPage({ query }: { query: string }) {
  const { tenant } = useTenant();
  const currency = new URLSearchParams(query).get('currency');
  const trial = useQuery({
    queryKey: ledgerKeys.trialBalance(tenant),
    queryFn: ({ signal }) => getTrialBalance(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const currencies = trial.data?.currencies.map((one) => one.currency) ?? [];
  return (
    <Page title="Ledger" lead="Double entry: every transfer, each account, nothing ever changed.">
      <BookFacts trial={trial.data} />
      {trial.data && <TrialBalanceTable trial={trial.data} />}
      {trial.isPending && (
        <Course>
          <Skeleton rows={6} label="Loading the ledger" />
        </Course>
      )}
      {!trial.isPending && <Accounts currency={currency} currencies={currencies} />}
    </Page>
  );
}
