import { useQuery } from '@tanstack/react-query';
import { listHealths } from '../../../api/notification_providers';
import { useTenant } from '../../../lib/tenant';
import { kRefreshMs, notificationKeys } from '../notification_keys';

export function useHealths() {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: notificationKeys.healths(tenant),
    queryFn: ({ signal }) => listHealths(tenant, signal),
    refetchInterval: ({ state }) =>
      state.status === 'error' && state.data === undefined ? false : kRefreshMs,
  });
}
