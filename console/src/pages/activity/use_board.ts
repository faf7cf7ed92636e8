import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { getTop, listDimensions, type TopQuery } from '../../api/activity';
import { useTenant } from '../../lib/tenant';
import { nextBoard, type LiveBoard } from './board_history';

const kRefreshMs = 1_000;
const kDimensionsRefreshMs = 10_000;
const kRateWindowS = 10;

/** Asks every second while the tab is seen; a paused board stands still until it is resumed. */
export function useBoard(view: TopQuery, paused: boolean) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const queryKey = ['activity', tenant, view];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const [top, recent] = await Promise.all([
        getTop(tenant, view, signal),
        getTop(tenant, { ...view, k: 1, window: kRateWindowS }, signal),
      ]);
      return nextBoard(client.getQueryData<LiveBoard>(queryKey), top, recent);
    },
    placeholderData: keepPreviousData,
    staleTime: 0,
    // Where there never was an answer, asking on would hide the error again every second.
    refetchInterval: ({ state }) =>
      paused || (state.status === 'error' && state.data === undefined) ? false : kRefreshMs,
    refetchOnWindowFocus: !paused,
    // Maps are compared by identity anyway.
    structuralSharing: false,
  });
}

export function useDimensions() {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: ['activity-dimensions', tenant],
    queryFn: ({ signal }) => listDimensions(tenant, signal),
    refetchInterval: kDimensionsRefreshMs,
  });
}
