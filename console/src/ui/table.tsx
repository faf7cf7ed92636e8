// Table parts that keep their meaning in the phone layout, where rows are laid out as cards:
// browsers drop a table's roles along with its display, so the roles are said out loud, once, here.
import type { ReactNode, Ref } from 'react';
import './table.css';

interface PartProps {
  className?: string;
  children?: ReactNode;
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
  columns: ReactNode;
  bodyRef?: Ref<HTMLTableSectionElement>;
  children: ReactNode;
}

export function Table({ label, className, columns, bodyRef, children }: TableProps) {
  return (
    <table {...kTable} className={`table ${className}`} aria-label={label}>
      <thead {...kGroup}>
        <tr {...kRow}>{columns}</tr>
      </thead>
      <tbody {...kGroup} ref={bodyRef ?? null}>
        {children}
      </tbody>
    </table>
  );
}

export function Column(props: PartProps) {
  return <th {...kColumn} {...props} />;
}

export function ActionsColumn() {
  return (
    <Column>
      <span className="offscreen">Actions</span>
    </Column>
  );
}

export function Row(props: PartProps) {
  return <tr {...kRow} {...props} />;
}

export function RowHead(props: PartProps) {
  return <th {...kRowHead} {...props} />;
}

export function Cell({ label, ...props }: PartProps & { label?: string }) {
  return <td {...kCell} {...props} data-label={label} />;
}
