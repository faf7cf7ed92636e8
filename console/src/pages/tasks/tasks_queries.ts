// What the pages of tasks ask the server for, and how often.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { listQueues, type Queue, type TaskFilter } from '../../api/tasks';
import { useTenant } from '../../lib/tenant';

export const kRefreshMs = 2_000;
/** A minute. */
export const kDepthsShown = 30;

export const taskKeys = {
  queues: (tenant: string) => ['queues', tenant],
  lists: (tenant: string) => ['tasks', tenant],
  list: (tenant: string, filter: TaskFilter) => ['tasks', tenant, filter],
  task: (tenant: string, id: string) => ['task', tenant, id],
  schedules: (tenant: string) => ['schedules', tenant],
};

export interface Depth {
  atMs: number;
  value: number;
}

export interface Queues {
  list: readonly Queue[];
  /** How many were ready, by queue, since the page was opened and for a minute at most. */
  depths: ReadonlyMap<string, readonly Depth[]>;
}

function remember(old: Queues | undefined, list: readonly Queue[], atMs: number): Queues {
  const depths = new Map(
    list.map(({ queue, ready }) => [
      queue,
      [...(old?.depths.get(queue) ?? []), { atMs, value: ready }].slice(-kDepthsShown),
    ]),
  );
  return { list, depths };
}

export function useQueues() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const queryKey = taskKeys.queues(tenant);
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const list = await listQueues(tenant, signal);
      return remember(client.getQueryData<Queues>(queryKey), list, Date.now());
    },
    refetchInterval: ({ state }) =>
      state.status === 'error' && state.data === undefined ? false : kRefreshMs,
    // Maps are compared by identity anyway.
    structuralSharing: false,
  });
}
