import { useState } from 'react';
import { actOnTask, type Task, type TaskAction, type TaskState } from '../../api/tasks';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { taskKeys } from './tasks_queries';

const kEnded: readonly TaskState[] = ['done', 'dead', 'cancelled'];
const kLater: readonly TaskState[] = ['scheduled', 'retrying'];

const kDone: Record<TaskAction, string> = {
  cancel: 'Cancelled. One that runs is told so, and ends at its worker’s word.',
  'run-now': 'It is ready now.',
  redrive: 'It lives again.',
};

export function TaskActions({ task }: { task: Task }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState(false);
  const changes = [taskKeys.task(tenant, task.id), taskKeys.lists(tenant), taskKeys.queues(tenant)];
  const acting = useAction<TaskAction>({
    run: (action) => actOnTask(tenant, task.id, action),
    done: (action) => kDone[action],
    changes,
  });
  const ended = kEnded.includes(task.state);
  return (
    <>
      {kLater.includes(task.state) && (
        <Button onPress={() => acting.mutate('run-now')} isPending={acting.isPending}>
          Run now
        </Button>
      )}
      {!ended && !task.cancel_asked && <Button onPress={() => setAsking(true)}>Cancel task</Button>}
      {ended && (
        <Button
          look={task.state === 'dead' ? 'primary' : 'quiet'}
          onPress={() => acting.mutate('redrive')}
          isPending={acting.isPending}
        >
          Redrive
        </Button>
      )}
      <Confirm
        title={`Cancel task ${task.id}?`}
        isOpen={asking}
        onClose={() => setAsking(false)}
        action="Cancel task"
        run={() => acting.mutateAsync('cancel')}
      >
        {task.state === 'running'
          ? 'It runs. Its worker is asked to stop, and says what became of it.'
          : 'It is not done any more. You can redrive it later.'}
      </Confirm>
    </>
  );
}
