import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { StreamState } from '../../../api/event_stream';
import { watchInbox } from '../../../api/inbox';
import { notificationKeys } from '../notification_keys';

/** Reads the inbox again whenever it says that it has changed, and after it was away. */
export function useLiveInbox(tenant: string, user: string): StreamState {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  useEffect(() => {
    let openedBefore = false;
    const readAgain = () =>
      void client.invalidateQueries({ queryKey: notificationKeys.inbox(tenant, user) });
    return watchInbox(tenant, user, readAgain, (next) => {
      setState(next);
      if (next !== 'open') return;
      if (openedBefore) readAgain();
      openedBefore = true;
    });
  }, [client, tenant, user]);
  return state;
}
