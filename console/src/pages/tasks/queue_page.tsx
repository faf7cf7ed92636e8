import { useState } from 'react';
import { kTaskStates, listTasks, type Queue, type TaskState } from '../../api/tasks';
import { formatCount } from '../../lib/numbers';
import { adjust, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { durationWords } from '../../lib/time';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { SelectField } from '../../ui/select_field';
import { StoneBars } from '../../ui/stone_bars';
import { PauseQueue } from './pause_queue';
import { QueueSettingsModal } from './queue_settings';
import { RedriveQueue } from './redrive_queue';
import { TaskTable } from './task_table';
import { boundWords, kStateWords } from './task_words';
import { kDepthsShown, kRefreshMs, taskKeys, useQueues, type Depth } from './tasks_queries';
import { readState } from './tasks_view';

const kPageSize = 25;
const kStates = [
  { value: '', label: 'All states' },
  ...kTaskStates.map((state) => ({ value: state, label: kStateWords[state] })),
];

interface QueueFactsProps {
  queue: Queue | undefined;
  depths: readonly Depth[];
}

function QueueFacts({ queue, depths }: QueueFactsProps) {
  const shown = (count: number | undefined) => (count === undefined ? '–' : formatCount(count));
  const waits = queue?.oldest_ready_at ? durationWords(queue.latency_ms) : null;
  return (
    <Facts large>
      <Fact name="Ready, the last minute" className="facts-wide">
        <span className="numeric" data-testid="ready">
          {shown(queue?.ready)}
        </span>
        <StoneBars values={depths} places={kDepthsShown} />
      </Fact>
      <Fact name="Running" numeric>
        {shown(queue?.running)}
      </Fact>
      <Fact name="Scheduled" numeric>
        {shown(queue?.scheduled)}
      </Fact>
      <Fact name="Held by their key" numeric>
        {shown(queue?.held)}
      </Fact>
      <Fact name="Dead" numeric bad={(queue?.dead ?? 0) > 0} testId="dead">
        {shown(queue?.dead)}
      </Fact>
      <Fact name="Oldest waits" numeric>
        {waits ?? '–'}
      </Fact>
    </Facts>
  );
}

function NoTasks({ state }: { state: TaskState | null }) {
  return (
    <EmptyState title={state === null ? 'No tasks' : `No task is ${state}`}>
      <p>
        {state === null
          ? 'Nothing waits, and what ended has been cleaned up.'
          : 'Choose another state above.'}
      </p>
    </EmptyState>
  );
}

function Tasks({ queue, state }: { queue: string; state: TaskState | null }) {
  const { tenant } = useTenant();
  const filter = { queue, state };
  const tasks = usePaged(
    taskKeys.list(tenant, filter),
    (cursor, signal) => listTasks(tenant, filter, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <Course
      title="Tasks"
      tools={
        <div className="field-inline">
          <SelectField
            label="State"
            value={state ?? ''}
            options={kStates}
            onChange={(next) => adjust(hrefs.queue(queue, next === '' ? undefined : next))}
          />
        </div>
      }
    >
      <Paged list={tasks} what="tasks" skeleton={8} empty={<NoTasks state={state} />}>
        <TaskTable tasks={tasks.rows} />
      </Paged>
    </Course>
  );
}

function leadOf(queue: Queue): string {
  if (queue.paused) return 'Paused: nothing new is started.';
  const bounds = boundWords(queue);
  return bounds === '' ? 'Workers take what they can.' : `Started: ${bounds}.`;
}

export function QueuePage({ queue: name, query }: { queue: string; query: string }) {
  const queues = useQueues();
  const [editing, setEditing] = useState<Queue | null>(null);
  const [redriving, setRedriving] = useState(false);
  const queue = queues.data?.list.find((each) => each.queue === name);
  const depths = queues.data?.depths.get(name) ?? [];
  return (
    <Page
      title={name}
      crumb={<a href={hrefs.tasks}>Tasks</a>}
      lead={queue ? leadOf(queue) : '…'}
      actions={
        queue && (
          <>
            <LiveMark state={queues.isError ? 'waiting' : 'open'} />
            {queue.dead > 0 && <Button onPress={() => setRedriving(true)}>Redrive dead…</Button>}
            <PauseQueue queue={queue} />
            <Button onPress={() => setEditing(queue)}>Settings</Button>
          </>
        )
      }
    >
      <Course>
        {queues.isError && <ErrorNotice error={queues.error} />}
        <QueueFacts queue={queue} depths={depths} />
      </Course>
      <Tasks queue={name} state={readState(query)} />
      <QueueSettingsModal queue={editing} onClose={() => setEditing(null)} />
      <RedriveQueue queue={name} isOpen={redriving} onClose={() => setRedriving(false)} />
    </Page>
  );
}
