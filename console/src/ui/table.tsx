// Table parts that keep their meaning in the phone layout, where rows are laid out as cards:
// browsers drop a table's roles along with its display, so the roles are said out loud, once, here.
import type { ReactNode, Ref } from 'react';
import './table.css';

interface PartProps {
  className?: string;
  /** At the end of the line: numbers, and what one can do. */
  end?: boolean;
  children?: ReactNode;
}

function classes({ className, end }: PartProps): string | undefined {
  return [className, end && 'cell-end'].filter(Boolean).join(' ') || undefined;
}

const kTable = { role: 'table' };
const kGroup = { role: 'rowgroup' };
const kRow = { role: 'row' };
const kColumn = { role: 'columnheader', scope: 'col' };
const kRowHead = { role: 'rowheader', scope: 'row' };
const kCell = { role: 'cell' };

interface TableProps {
  label: string;
  className: string;
  /** On a phone each row is a card; its table's grid-template says where the cells lie. */
  cards?: boolean;
  columns: ReactNode;
  bodyRef?: Ref<HTMLTableSectionElement>;
  children: ReactNode;
}

export function Table({ label, className, cards, columns, bodyRef, children }: TableProps) {
  const look = `table ${className}${cards ? ' table-cards' : ''}`;
  return (
    <table {...kTable} className={look} aria-label={label}>
      <thead {...kGroup}>
        <tr {...kRow}>{columns}</tr>
      </thead>
      <tbody {...kGroup} ref={bodyRef ?? null}>
        {children}
      </tbody>
    </table>
  );
}

export function Column({ children, ...look }: PartProps) {
  return (
    <th {...kColumn} className={classes(look)}>
      {children}
    </th>
  );
}

export function ActionsColumn() {
  return (
    <Column>
      <span className="offscreen">Actions</span>
    </Column>
  );
}

export function Row({ children, ...look }: PartProps) {
  return (
    <tr {...kRow} className={classes(look)}>
      {children}
    </tr>
  );
}

export function RowHead({ children, ...look }: PartProps) {
  return (
    <th {...kRowHead} className={classes(look)}>
      {children}
    </th>
  );
}

interface CellProps extends PartProps {
  /** What stands before it in a card ("Expires: in 3 days"), where no column says it. */
  label?: string;
  /** What stands after it in a card ("12 clicks"). */
  unit?: string;
}

export function Cell({ label, unit, children, ...look }: CellProps) {
  return (
    <td {...kCell} className={classes(look)} data-label={label} data-unit={unit}>
      {children}
    </td>
  );
}
