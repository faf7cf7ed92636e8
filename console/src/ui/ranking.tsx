import { useRef, type ReactNode } from 'react';
import { formatCount } from '../lib/numbers';
import { useGlide } from '../lib/use_glide';
import './ranking.css';

export interface Ranked {
  key: string;
  name: ReactNode;
  count: number;
}

interface RankingProps {
  label: string;
  rows: readonly Ranked[];
  /** What it counts is no success. */
  tone?: 'bad';
}

/** A short list by count, each with a bar as long as its part of the first. */
export function Ranking({ label, rows, tone }: RankingProps) {
  const list = useRef<HTMLOListElement>(null);
  useGlide(list);
  const first = Math.max(1, ...rows.map((row) => row.count));
  return (
    <ol
      className={tone === 'bad' ? 'ranking ranking-bad' : 'ranking'}
      aria-label={label}
      ref={list}
    >
      {rows.map(({ key, name, count }) => (
        <li key={key} className={count === first ? 'ranking-leads' : undefined}>
          <span className="ranking-name" title={key}>
            {name}
          </span>
          <span className="ranking-count numeric">{formatCount(count)}</span>
          <span
            className="ranking-bar"
            data-length={count / first}
            style={{ transform: `scaleX(${count / first})` }}
          />
        </li>
      ))}
    </ol>
  );
}
