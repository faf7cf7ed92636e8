// States and settings as people say them.
import type { Queue, TaskState } from '../../api/tasks';
import { formatCount, formatRate } from '../../lib/numbers';
import { Badge } from '../../ui/badge';

export const kStateWords: Record<TaskState, string> = {
  ready: 'Ready',
  running: 'Running',
  scheduled: 'Scheduled',
  retrying: 'Retrying',
  held: 'Held',
  done: 'Done',
  dead: 'Dead',
  cancelled: 'Cancelled',
};

const kTones: Record<TaskState, 'good' | 'off' | 'bad'> = {
  ready: 'good',
  running: 'good',
  scheduled: 'off',
  retrying: 'bad',
  held: 'off',
  done: 'good',
  dead: 'bad',
  cancelled: 'off',
};

export function TaskBadge({ state }: { state: TaskState }) {
  return <Badge tone={kTones[state]}>{kStateWords[state]}</Badge>;
}

/** "at most 4 at once, 10 a second": empty where there is no bound. */
export function boundWords(queue: Queue): string {
  const most = queue.max_running;
  const rate = queue.rate_per_s;
  return [
    most !== null && `at most ${formatCount(most)} at once`,
    rate !== null && `${formatRate(rate)} a second`,
  ]
    .filter(Boolean)
    .join(', ');
}
