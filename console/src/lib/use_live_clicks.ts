// Keeps counts and charts moving while a page is open.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { watchClicks } from '../api/clicks';
import type { StreamState } from '../api/event_stream';
import type { LinkName } from '../api/links';
import { applyClicks, linkKeys } from './links_cache';

// A busy link reports several times a second; the list of recent clicks need not be read as often.
const kRecentClicksPauseMs = 1_000;

/** Watches one link, or with null all of the tenant's. */
export function useLiveClicks(tenant: string, name: LinkName | null): StreamState {
  const client = useQueryClient();
  const code = name?.code ?? null;
  const domain = name?.domain ?? null;
  const [state, setState] = useState<StreamState>('connecting');

  useEffect(() => {
    const one = code === null ? null : { code, domain };
    let openedBefore = false;
    let recent: ReturnType<typeof setTimeout> | undefined;
    const refreshRecent = () => {
      if (one === null || recent !== undefined) return;
      recent = setTimeout(() => {
        recent = undefined;
        void client.invalidateQueries({ queryKey: linkKeys.clicks(tenant, one) });
      }, kRecentClicksPauseMs);
    };
    const catchUp = () => {
      // What happened while the stream was away was not streamed: read it again.
      void client.invalidateQueries({ queryKey: linkKeys.lists(tenant) });
      if (one === null) return;
      void client.invalidateQueries({ queryKey: linkKeys.link(tenant, one) });
      void client.invalidateQueries({ queryKey: linkKeys.stats(tenant, one) });
      refreshRecent();
    };
    const stop = watchClicks(
      tenant,
      one === null ? {} : { name: one },
      (event) => {
        applyClicks(client, tenant, event);
        refreshRecent();
      },
      (next) => {
        setState(next);
        if (next !== 'open') return;
        if (openedBefore) catchUp();
        openedBefore = true;
      },
    );
    return () => {
      stop();
      clearTimeout(recent);
    };
  }, [client, tenant, code, domain]);

  return state;
}
