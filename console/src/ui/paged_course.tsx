// A course of a page that is one list, newest first: its filter, its table, its pages.
import type { ReactNode } from 'react';
import { Course } from './page';
import { Paged, type PagedList } from './paged';
import { Column, Table } from './table';

interface PagedCourseProps<T> {
  /** "Payments": the table's name, and in small letters what is being loaded. */
  label: string;
  list: PagedList & { rows: readonly T[] };
  /** As many as the loaded list is likely to have. */
  skeleton: number;
  empty: ReactNode;
  tools?: ReactNode;
  className: string;
  columns: readonly string[];
  /** With a key. */
  row: (item: T) => ReactNode;
}

export function PagedCourse<T>(props: PagedCourseProps<T>) {
  const { label, list, skeleton, empty, tools, className, columns, row } = props;
  return (
    <Course title="Newest first" tools={tools}>
      <Paged list={list} what={label.toLowerCase()} skeleton={skeleton} empty={empty}>
        <Table
          label={label}
          className={className}
          cards
          columns={columns.map((column) => (
            <Column key={column}>{column}</Column>
          ))}
        >
          {list.rows.map(row)}
        </Table>
      </Paged>
    </Course>
  );
}
