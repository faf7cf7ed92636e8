import { listSchedules, pauseSchedule, runSchedule, type Schedule } from '../../api/tasks';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, taskKeys } from './tasks_queries';
import './schedules_view.css';

const kPageSize = 25;

function command(): string {
  return `curl -X PUT ${window.location.origin}/v1/schedules/nightly-report \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -d '{"cron":"30 2 * * *","time_zone":"Europe/Berlin","queue":"reports","payload":{"kind":"daily"}}'`;
}

function NoSchedules() {
  return (
    <EmptyState title="No schedules yet">
      <p>
        A schedule makes a task each time it is due, in its own zone, through summer time and winter
        time. Put one of your <a href={hrefs.keys}>keys</a> (scope <code>tasks:write</code>) where
        it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that writes a schedule" />
    </EmptyState>
  );
}

/** The task that was made last, or why there was none. */
function Last({ schedule }: { schedule: Schedule }) {
  const { last_run_at: at, last_task_id: task, error } = schedule;
  if (at === null) return <>Never</>;
  return (
    <>
      {task === null ? (
        <Timestamp at={at} />
      ) : (
        <a href={hrefs.task(task)} title={`Task ${task}`}>
          <Timestamp at={at} />
        </a>
      )}
      {error !== null && (
        <span className="table-small schedule-error" title={error}>
          {error}
        </span>
      )}
    </>
  );
}

function ScheduleRow({ schedule }: { schedule: Schedule }) {
  const { tenant } = useTenant();
  const { name, paused } = schedule;
  const pausing = useAction<boolean>({
    run: (next) => pauseSchedule(tenant, name, next),
    done: (next) => (next ? `${name} makes no tasks.` : `${name} goes on.`),
    changes: [taskKeys.schedules(tenant)],
  });
  const running = useAction({
    run: () => runSchedule(tenant, name),
    done: () => `${name} has made a task.`,
    changes: [taskKeys.schedules(tenant), taskKeys.queues(tenant), taskKeys.lists(tenant)],
  });
  const word = paused ? 'Resume' : 'Pause';
  return (
    <Row>
      <RowHead className="schedule-name">
        <span className="cut mono" title={name}>
          {name}
        </span>
        {paused && <Badge tone="off">Paused</Badge>}
      </RowHead>
      <Cell className="schedule-cron">
        <code>{schedule.cron}</code>
        <span className="table-small">{schedule.time_zone}</span>
      </Cell>
      <Cell className="schedule-queue" label="Queue">
        <a className="mono" href={hrefs.queue(schedule.queue)}>
          {schedule.queue}
        </a>
      </Cell>
      <Cell className="schedule-next" label="Next">
        {schedule.next_run_at === null || paused ? '–' : <Timestamp at={schedule.next_run_at} />}
      </Cell>
      <Cell className="schedule-last" label="Last">
        <Last schedule={schedule} />
      </Cell>
      <Cell className="schedule-actions" end>
        <div className="table-actions">
          <Button
            small
            onPress={() => pausing.mutate(!paused)}
            isPending={pausing.isPending}
            aria-label={`${word} ${name}`}
          >
            {word}
          </Button>
          <Button
            small
            onPress={() => running.mutate()}
            isPending={running.isPending}
            aria-label={`Run now: ${name}`}
          >
            Run now
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

export function SchedulesView() {
  const { tenant } = useTenant();
  const schedules = usePaged(
    taskKeys.schedules(tenant),
    (cursor, signal) => listSchedules(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <Course title="Schedules">
      <Paged list={schedules} what="schedules" skeleton={4} empty={<NoSchedules />}>
        <Table
          label="Schedules"
          className="schedule-table"
          cards
          columns={
            <>
              <Column>Schedule</Column>
              <Column>When</Column>
              <Column>Queue</Column>
              <Column>Next</Column>
              <Column>Last</Column>
              <ActionsColumn />
            </>
          }
        >
          {schedules.rows.map((schedule) => (
            <ScheduleRow key={schedule.name} schedule={schedule} />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
