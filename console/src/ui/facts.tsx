import type { ReactNode } from 'react';
import './facts.css';

/** What is known of one thing, side by side; `large` where the numbers are what one came for. */
export function Facts({ large = false, children }: { large?: boolean; children: ReactNode }) {
  return <dl className={large ? 'facts facts-large' : 'facts'}>{children}</dl>;
}

interface FactProps {
  name: ReactNode;
  numeric?: boolean;
  bad?: boolean;
  className?: string;
  testId?: string;
  children: ReactNode;
}

export function Fact({ name, numeric, bad, className, testId, children }: FactProps) {
  const look = [numeric && 'numeric', bad && 'facts-bad'].filter(Boolean).join(' ');
  return (
    <div className={className}>
      <dt>{name}</dt>
      <dd className={look === '' ? undefined : look} data-testid={testId}>
        {children}
      </dd>
    </div>
  );
}
