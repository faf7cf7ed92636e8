import type { ReactNode } from 'react';
import { ErrorNotice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import './card.css';

interface CardProps {
  title: string;
  /** Stands at the end of the title's line. */
  note?: ReactNode;
  /** What is counted: stands below the title. */
  about: string;
  isPending: boolean;
  error: unknown;
  /** What to say instead of the content, where there is none. */
  empty: ReactNode;
  children: ReactNode;
}

/** One stone of the overview: all have the same height, loaded or not. */
export function Card({ title, note, about, isPending, error, empty, children }: CardProps) {
  return (
    <section className="card">
      <div className="card-head">
        <h2>{title}</h2>
        <span className="card-note numeric">{note}</span>
      </div>
      <p className="card-about">{about}</p>
      <Content {...{ title, isPending, error, empty, children }} />
    </section>
  );
}

function Content({ title, isPending, error, empty, children }: Omit<CardProps, 'about' | 'note'>) {
  if (isPending) return <Skeleton rows={3} label={`Loading: ${title}`} />;
  if (error !== null) return <ErrorNotice error={error} />;
  if (empty !== false) return <p className="card-empty">{empty}</p>;
  return children;
}
