import type { ReactNode } from 'react';
import { formatFull, formatRelative } from '../lib/time';
import { useNow } from '../lib/use_now';
import './timeline.css';

export interface Moment {
  key: string;
  /** `off`: not yet, or of no account. */
  tone: 'good' | 'bad' | 'off' | 'plain';
  title: ReactNode;
  at?: string | null;
  /** Beside the time: how long it took. */
  note?: ReactNode;
  children?: ReactNode;
}

/** To the second, since one moment is compared with the next; what is to come also as a wait. */
function Exact({ at }: { at: string }) {
  const nowMs = useNow();
  const relative = formatRelative(at, nowMs);
  return (
    <time dateTime={at} title={relative}>
      {Date.parse(at) > nowMs && `${relative}, `}
      {formatFull(at)}
    </time>
  );
}

/** What happened one after the other: stones on a plumb line. */
export function Timeline({ label, moments }: { label: string; moments: readonly Moment[] }) {
  return (
    <ol className="timeline" aria-label={label}>
      {moments.map(({ key, tone, title, at, note, children }) => (
        <li key={key} data-tone={tone}>
          <p className="timeline-head">
            <strong>{title}</strong>
            {at && <Exact at={at} />}
            {note !== undefined && <span className="timeline-note">{note}</span>}
          </p>
          {children}
        </li>
      ))}
    </ol>
  );
}

/** What a machine said: kept as it is, but never wider than the page. */
export function Said({ children }: { children: string }) {
  return <pre className="said">{children}</pre>;
}
