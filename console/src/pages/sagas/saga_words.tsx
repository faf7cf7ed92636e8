// States and moves as people say them.
import type { SagaMove, SagaState } from '../../api/sagas';
import { Badge } from '../../ui/badge';
import type { Moment } from '../../ui/timeline';

export const kStateWords: Record<SagaState, string> = {
  running: 'Running',
  compensating: 'Compensating',
  parked: 'Parked',
  completed: 'Completed',
  compensated: 'Compensated',
};

const kTones: Record<SagaState, 'good' | 'off' | 'bad'> = {
  running: 'good',
  compensating: 'bad',
  parked: 'bad',
  completed: 'good',
  compensated: 'off',
};

export function SagaBadge({ state }: { state: SagaState }) {
  return <Badge tone={kTones[state]}>{kStateWords[state]}</Badge>;
}

/** "charge", "charge, taken back". */
function stepWords(step: string, compensating: boolean): string {
  return compensating ? `${step}, taken back` : step;
}

export function moveWords({ event, step, compensating, attempt }: SagaMove): string {
  const name = step ?? 'its end';
  switch (event) {
    case 'started':
      return 'Started';
    case 'done':
      return `${stepWords(name, compensating)}: done`;
    case 'failed':
      return `${compensating ? `Taking ${name} back` : name}: attempt ${attempt} failed`;
    case 'turned':
      return `Turned back at ${name}`;
    case 'parked':
      return `Parked at ${name}`;
    case 'resumed':
      return `Resumed at ${name}`;
    case 'skipped':
      return `${stepWords(name, compensating)}: skipped`;
    case 'overdue':
      return 'Its time is over';
  }
}

export const kMoveTones: Record<SagaMove['event'], Moment['tone']> = {
  started: 'plain',
  done: 'good',
  failed: 'bad',
  turned: 'bad',
  parked: 'bad',
  resumed: 'plain',
  skipped: 'off',
  overdue: 'bad',
};
