import type { Attempt, Task } from '../../api/tasks';
import { durationWords } from '../../lib/time';
import { Said, Timeline, type Moment } from '../../ui/timeline';
import { Timestamp } from '../../ui/timestamp';

function tookWords(from: string, to: string): string {
  return `took ${durationWords(Math.max(0, Date.parse(to) - Date.parse(from)))}`;
}

function failed({ attempt, started_at, ended_at, error }: Attempt): Moment {
  return {
    key: `attempt-${attempt}`,
    tone: 'bad',
    title: `Attempt ${attempt} failed`,
    at: ended_at,
    note: tookWords(started_at, ended_at),
    children: <Said>{error}</Said>,
  };
}

/** What became of it in the end, or what comes next. */
function last(task: Task): Moment {
  const { state, attempt, max_attempts: most, run_at, started_at, ended_at, lease_until } = task;
  const key = 'last';
  switch (state) {
    case 'running':
      return {
        key,
        tone: 'plain',
        title: `Attempt ${attempt} runs`,
        at: started_at,
        note: (
          <>
            {task.cancel_asked && 'asked to stop; '}
            {lease_until !== null && (
              <>
                its lease ends <Timestamp at={lease_until} />
              </>
            )}
          </>
        ),
      };
    case 'scheduled':
      return { key, tone: 'off', title: 'Starts', at: run_at };
    case 'retrying':
      return { key, tone: 'off', title: `Attempt ${attempt + 1} of ${most}`, at: run_at };
    case 'ready':
      return {
        key,
        tone: 'off',
        title: task.mode === 'push' ? 'Is about to be sent' : 'Waits for a worker',
        note: (
          <>
            since <Timestamp at={run_at} />
          </>
        ),
      };
    case 'held':
      return { key, tone: 'off', title: 'Waits for others of its key' };
    case 'done':
      return {
        key,
        tone: 'good',
        title: `Attempt ${attempt} did it`,
        at: ended_at,
        ...(started_at === null || ended_at === null
          ? {}
          : { note: tookWords(started_at, ended_at) }),
      };
    case 'dead':
      return { key, tone: 'bad', title: 'Dead: no attempts are left', at: ended_at };
    case 'cancelled':
      return { key, tone: 'off', title: 'Cancelled', at: ended_at };
  }
}

export function TaskTimeline({ task }: { task: Task }) {
  const created: Moment = { key: 'created', tone: 'plain', title: 'Created', at: task.created_at };
  const moments = [created, ...(task.attempts ?? []).map(failed), last(task)];
  return <Timeline label="What happened to the task" moments={moments} />;
}
