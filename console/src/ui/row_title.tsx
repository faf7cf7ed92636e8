import { RowHead } from './table';

interface RowTitleProps {
  className: string;
  /** A type or a name, as programs write it. */
  title: string;
  href?: string;
  /** Which one of that type, in small letters. */
  detail: string;
  /** Where the detail is an id. */
  detailMono?: boolean;
}

/** The head of a row of events and the like: what it is, and below it which one. */
export function RowTitle({ className, title, href, detail, detailMono = false }: RowTitleProps) {
  return (
    <RowHead className={className}>
      {href === undefined ? (
        <span className="cut mono" title={title}>
          {title}
        </span>
      ) : (
        <a className="cut mono" href={href}>
          {title}
        </a>
      )}
      <span className={detailMono ? 'table-small mono' : 'table-small'} title={detail}>
        {detail}
      </span>
    </RowHead>
  );
}
