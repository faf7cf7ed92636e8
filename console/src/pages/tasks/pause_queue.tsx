import { putQueue, settingsOf, type Queue } from '../../api/tasks';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { taskKeys } from './tasks_queries';

/** What runs goes on to its end; nothing new is started. */
export function PauseQueue({ queue, small = false }: { queue: Queue; small?: boolean }) {
  const { tenant } = useTenant();
  const { queue: name, paused } = queue;
  const pausing = useAction<boolean>({
    run: (next) => putQueue(tenant, name, { ...settingsOf(queue), paused: next }),
    done: (next) => (next ? `${name} starts nothing new.` : `${name} goes on.`),
    changes: [taskKeys.queues(tenant)],
  });
  const word = paused ? 'Resume' : 'Pause';
  return (
    <Button
      small={small}
      onPress={() => pausing.mutate(!paused)}
      isPending={pausing.isPending}
      aria-label={`${word} ${name}`}
    >
      {word}
    </Button>
  );
}
