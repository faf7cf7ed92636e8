import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { hasStatus } from '../../api/problem';
import { getTask, type Task } from '../../api/tasks';
import { jsonText } from '../../lib/json_text';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { durationWords } from '../../lib/time';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { TaskActions } from './task_actions';
import { TaskTimeline } from './task_timeline';
import { TaskBadge } from './task_words';
import { kRefreshMs, taskKeys } from './tasks_queries';

function TaskFacts({ task }: { task: Task }) {
  const optional: [string, ReactNode][] = [
    ['Unique key', task.unique_key],
    ['Key', task.key],
    ['Made by the schedule', task.schedule],
    ['Sent to', task.target && `${task.target.method} ${task.target.url}`],
  ];
  return (
    <Facts>
      <Fact name="State">
        <TaskBadge state={task.state} />
      </Fact>
      <Fact name="Queue">
        <a className="mono" href={hrefs.queue(task.queue)}>
          {task.queue}
        </a>
      </Fact>
      <Fact name="Done by">{task.mode === 'push' ? 'its target' : 'workers'}</Fact>
      <Fact name="Attempts" numeric>
        {task.attempt} of {task.max_attempts}
      </Fact>
      <Fact name="Priority" numeric>
        {task.priority}
      </Fact>
      <Fact name="Timeout">{durationWords(task.timeout_ms)}</Fact>
      <Fact name="Created">
        <Timestamp at={task.created_at} />
      </Fact>
      {optional.map(
        ([name, value]) =>
          value !== null &&
          value !== undefined && (
            <Fact key={name} name={name} className="facts-long">
              <span className="mono">{value}</span>
            </Fact>
          ),
      )}
    </Facts>
  );
}

function Content({ task }: { task: Task }) {
  const result = task.result ?? '';
  return (
    <>
      <Course>
        <TaskFacts task={task} />
      </Course>
      <Course title="Timeline">
        <TaskTimeline task={task} />
      </Course>
      <Course title="Payload">
        <CodeBlock code={jsonText(task.payload)} label="Payload" />
      </Course>
      {result !== '' && (
        <Course title="Result">
          <CodeBlock code={jsonText(result)} label="Result" />
        </Course>
      )}
    </>
  );
}

function NoSuchTask() {
  return (
    <EmptyState title="No such task">
      <p>
        This tenant has no task of this number, or it has ended and was cleaned up. See{' '}
        <a href={hrefs.tasks}>the queues</a>.
      </p>
    </EmptyState>
  );
}

export function TaskPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: taskKeys.task(tenant, id),
    queryFn: ({ signal }) => getTask(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const task = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={`Task ${id}`}
      crumb={
        <>
          <a href={hrefs.tasks}>Tasks</a>
          {task && (
            <>
              {' / '}
              <a href={hrefs.queue(task.queue)}>{task.queue}</a>
            </>
          )}
        </>
      }
      actions={task && <TaskActions task={task} />}
    >
      {task ? (
        <Content task={task} />
      ) : (
        <Course>
          {missing && <NoSuchTask />}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the task" />}
        </Course>
      )}
    </Page>
  );
}
