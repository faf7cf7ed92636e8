import type { ReactNode } from 'react';
import './empty_state.css';

/** Says what would stand here and how to make the first one. */
export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty-state">
      <svg className="empty-stones" viewBox="0 0 96 36" aria-hidden="true">
        <path d="M0 18.5h96M0 35.5h96M0 1.5h96M24 1v17M72 1v17M48 19v16M8 19v16M88 19v16" />
      </svg>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
