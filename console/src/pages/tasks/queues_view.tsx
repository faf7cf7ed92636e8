import { useState } from 'react';
import type { Queue } from '../../api/tasks';
import { formatCount } from '../../lib/numbers';
import { durationWords } from '../../lib/time';
import { Button } from '../../ui/button';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { QueueSettingsModal } from './queue_settings';
import { QueueTable } from './queue_table';
import { useQueues } from './tasks_queries';
import { TasksEmpty } from './tasks_empty';

function sumOf(list: readonly Queue[], of: (queue: Queue) => number): number {
  return list.reduce((sum, queue) => sum + of(queue), 0);
}

function QueueFacts({ list }: { list: readonly Queue[] | undefined }) {
  const shown = (of: (queue: Queue) => number) => (list ? formatCount(sumOf(list, of)) : '–');
  const waiting = (list ?? []).filter(({ oldest_ready_at: at }) => at !== null);
  const longest = Math.max(...waiting.map(({ latency_ms: ms }) => ms));
  return (
    <Facts large>
      <Fact name="Ready" numeric testId="ready">
        {shown((queue) => queue.ready)}
      </Fact>
      <Fact name="Running" numeric>
        {shown((queue) => queue.running)}
      </Fact>
      <Fact name="Scheduled" numeric>
        {shown((queue) => queue.scheduled + queue.held)}
      </Fact>
      <Fact name="Dead" numeric bad={sumOf(list ?? [], (queue) => queue.dead) > 0}>
        {shown((queue) => queue.dead)}
      </Fact>
      <Fact name="Oldest waits" numeric>
        {waiting.length === 0 ? '–' : durationWords(longest)}
      </Fact>
    </Facts>
  );
}

export function QueuesView() {
  const queues = useQueues();
  const [editing, setEditing] = useState<Queue | null>(null);
  const list = queues.data?.list;
  return (
    <>
      <Course>
        <QueueFacts list={list} />
      </Course>
      <Course
        title="Queues"
        tools={<LiveMark state={queues.isError ? 'waiting' : list ? 'open' : 'connecting'} />}
      >
        {queues.isError && (
          <ErrorNotice
            error={queues.error}
            onRetry={<Button onPress={() => void queues.refetch()}>Try again</Button>}
          />
        )}
        {queues.isPending && <Skeleton rows={4} label="Loading queues" />}
        {list?.length === 0 && <TasksEmpty />}
        {queues.data && queues.data.list.length > 0 && (
          <QueueTable queues={queues.data} onEdit={setEditing} />
        )}
      </Course>
      <QueueSettingsModal queue={editing} onClose={() => setEditing(null)} />
    </>
  );
}
