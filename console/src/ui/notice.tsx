import type { ReactNode } from 'react';
import { ApiError } from '../api/problem';
import './notice.css';

export function Notice({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'bad';
  children: ReactNode;
}) {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      {children}
    </div>
  );
}

interface ErrorNoticeProps {
  error: unknown;
  /** Fields of the form around it: an error of one of them is said there, and here only the rest. */
  shownAtFields?: Record<string, string>;
  onRetry?: ReactNode;
}

export function ErrorNotice({ error, shownAtFields = {}, onRetry }: ErrorNoticeProps) {
  if (error === null || error === undefined) return null;
  if (!(error instanceof ApiError)) {
    return (
      <Notice tone="bad">
        Something in this page failed: {error instanceof Error ? error.message : 'unknown'}
      </Notice>
    );
  }
  const { problem } = error;
  const elsewhere = problem.errors.filter(
    ({ field }) => shownAtFields[field.replace(/^\//, '')] === undefined,
  );
  const allShown = Object.keys(shownAtFields).length > 0 && elsewhere.length === 0;
  if (allShown) return null;
  return (
    <Notice tone="bad">
      <p>{error.message}</p>
      {elsewhere.length > 0 && (
        <ul>
          {elsewhere.map((e) => (
            <li key={e.field + e.reason}>
              <code>{e.field}</code>: {e.detail || e.reason}
            </li>
          ))}
        </ul>
      )}
      {problem.request_id !== null && (
        <p className="notice-small">
          {problem.reason} · request <code>{problem.request_id}</code>
        </p>
      )}
      {onRetry}
    </Notice>
  );
}
