import type { Task } from '../../api/tasks';
import { hrefs } from '../../lib/router';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { TaskBadge } from './task_words';
import './task_table.css';

/** One line of what the task is about: its error where it has one, else what it carries. */
function about(task: Task): string {
  if (task.error !== null) return task.error;
  return typeof task.payload === 'string' ? task.payload : JSON.stringify(task.payload);
}

/** The time that matters in its state, and what it means. */
function When({ task }: { task: Task }) {
  if (task.ended_at !== null) {
    return (
      <>
        ended <Timestamp at={task.ended_at} />
      </>
    );
  }
  if (task.state === 'running' && task.started_at !== null) {
    return (
      <>
        started <Timestamp at={task.started_at} />
      </>
    );
  }
  return (
    <>
      {task.state === 'scheduled' || task.state === 'retrying' ? 'due ' : 'since '}
      <Timestamp at={task.run_at} />
    </>
  );
}

function TaskRow({ task }: { task: Task }) {
  return (
    <Row>
      <RowHead className="task-id">
        <a className="cut mono" href={hrefs.task(task.id)}>
          {task.id}
        </a>
      </RowHead>
      <Cell className="task-state">
        <TaskBadge state={task.state} />
      </Cell>
      <Cell className="task-about">
        <span className={`cut mono ${task.error === null ? '' : 'task-error'}`} title={about(task)}>
          {about(task)}
        </span>
      </Cell>
      <Cell className="task-attempt numeric" unit="attempts" end>
        {task.attempt}/{task.max_attempts}
      </Cell>
      <Cell className="task-when">
        <When task={task} />
      </Cell>
    </Row>
  );
}

export function TaskTable({ tasks }: { tasks: readonly Task[] }) {
  return (
    <Table
      label="Tasks"
      className="task-table"
      cards
      columns={
        <>
          <Column>Task</Column>
          <Column>State</Column>
          <Column>Payload or error</Column>
          <Column end>Attempts</Column>
          <Column>When</Column>
        </>
      }
    >
      {tasks.map((task) => (
        <TaskRow key={task.id} task={task} />
      ))}
    </Table>
  );
}
