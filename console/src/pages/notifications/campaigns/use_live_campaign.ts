import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { watchCampaign, type Campaign } from '../../../api/campaigns';
import type { StreamState } from '../../../api/event_stream';
import { notificationKeys } from '../notification_keys';

/** Counts move as they are told; a change of state is read whole. */
export function useLiveCampaign(tenant: string, id: string, isWatched: boolean): StreamState {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  useEffect(() => {
    if (!isWatched) return;
    const queryKey = notificationKeys.campaign(tenant, id);
    return watchCampaign(
      tenant,
      id,
      (progress) => {
        const old = client.getQueryData<Campaign>(queryKey);
        if (old === undefined) return;
        client.setQueryData<Campaign>(queryKey, { ...old, ...progress });
        if (progress.state !== undefined && progress.state !== old.state) {
          void client.invalidateQueries({ queryKey });
        }
      },
      setState,
    );
  }, [client, tenant, id, isWatched]);
  return isWatched ? state : 'closed';
}
