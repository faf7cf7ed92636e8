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
function stepWords({ step, compensating }: SagaMove): string {
  return compensating ? `${step}, taken back` : step;
}

export function moveWords(move: SagaMove): string {
  switch (move.event) {
    case 'started':
      return 'Started';
    case 'done':
      return `${stepWords(move)}: done`;
    case 'failed':
      return `${move.compensating ? `Taking ${move.step} back` : move.step}: attempt ${move.attempt} failed`;
    case 'turned':
      return `Turned back at ${move.step}`;
    case 'parked':
      return `Parked at ${move.step}`;
    case 'resumed':
      return `Resumed at ${move.step}`;
    case 'skipped':
      return `${stepWords(move)}: skipped by an operator`;
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
