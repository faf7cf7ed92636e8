import type { Half, Item } from '../../api/reconciliations';
import { formatAmount, formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { formatUtcDay } from '../../lib/time';
import { Button } from '../../ui/button';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import {
  ItemBadge,
  kOutcomeMeaning,
  kOutcomeWords,
  kResolutionWords,
  typeWords,
} from './reconciliation_words';
import './item_table.css';

function Side({ half, currency, day }: { half: Half | null; currency: string; day: string }) {
  if (half === null) return <>–</>;
  return (
    <>
      {formatAmount(half.amount, currency)}
      {half.fee !== 0 && (
        <span className="table-small">fee {formatAmount(half.fee, currency)}</span>
      )}
      {half.day !== day && <span className="table-small">{formatUtcDay(half.day)}</span>}
    </>
  );
}

interface ItemRowProps {
  item: Item;
  onResolve: (item: Item) => void;
}

function ItemRow({ item, onResolve }: ItemRowProps) {
  const { reference, payment, currency, difference, outcome, description } = item;
  const name = reference === '' ? `line ${item.number}` : reference;
  return (
    <Row>
      <RowHead className="item-what">
        <span title={kOutcomeMeaning[outcome]}>{kOutcomeWords[outcome]}</span>
        <span className="table-small">{typeWords(item.type)}</span>
      </RowHead>
      <Cell className="item-reference">
        <span className="cut mono" title={reference}>
          {reference === '' ? '–' : reference}
        </span>
        {payment !== null && (
          <a className="table-small mono" href={hrefs.payment(payment)}>
            {payment}
          </a>
        )}
        {description !== '' && (
          <span className="table-small" title={description}>
            {description}
          </span>
        )}
      </Cell>
      <Cell className="item-theirs numeric" label="Statement" end>
        <Side half={item.statement} currency={currency} day={item.day} />
      </Cell>
      <Cell className="item-ours numeric" label="Ours" end>
        <Side half={item.ours} currency={currency} day={item.day} />
      </Cell>
      <Cell className="item-difference numeric" label="Difference" end>
        {formatMoney(difference, currency)}
      </Cell>
      <Cell className="item-state">
        <ItemBadge item={item} />
        {item.resolution !== null && (
          <span className="table-small" title={item.note ?? undefined}>
            {kResolutionWords[item.resolution] ?? item.resolution}
          </span>
        )}
      </Cell>
      <Cell className="item-actions" end>
        {item.state === 'open' && (
          <Button small onPress={() => onResolve(item)} aria-label={`Settle ${name}`}>
            Settle…
          </Button>
        )}
      </Cell>
    </Row>
  );
}

interface ItemTableProps {
  label: string;
  items: readonly Item[];
  onResolve: (item: Item) => void;
}

export function ItemTable({ label, items, onResolve }: ItemTableProps) {
  return (
    <Table
      label={label}
      className="item-table"
      cards
      columns={
        <>
          <Column>Outcome</Column>
          <Column>Line</Column>
          <Column end>Statement</Column>
          <Column end>Ours</Column>
          <Column end>Difference</Column>
          <Column>State</Column>
          <ActionsColumn />
        </>
      }
    >
      {items.map((item) => (
        <ItemRow key={item.number} item={item} onResolve={onResolve} />
      ))}
    </Table>
  );
}
