// A report that follows the clicks as they come.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { watchClicks, type ClickEvent } from '../../../api/clicks';
import type { StreamState } from '../../../api/event_stream';
import { getReport, type ReportRange, type Scope } from '../../../api/link_analytics';
import { useTenant } from '../../../lib/tenant';

// Clicks are added up a second or two after they are counted, and a report need not be newer.
const kPauseMs = 3_000;
// What is known of clicks is added up a little after they are counted.
const kRefreshMs = 10_000;
const kMostShown = 8;

export interface SeenClicks extends ClickEvent {
  id: number;
}

function reportKey(tenant: string, scope: Scope) {
  return ['link-report', tenant, scope];
}

export function useReport(scope: Scope, range: ReportRange) {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: [...reportKey(tenant, scope), range],
    queryFn: ({ signal }) => getReport(tenant, scope, range, signal),
    placeholderData: keepPreviousData,
    refetchInterval: kRefreshMs,
  });
}

/** The newest clicks of the scope's links. */
export function useSeenClicks(scope: Scope): { state: StreamState; seen: readonly SeenClicks[] } {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  const [seen, setSeen] = useState<readonly SeenClicks[]>([]);
  const text = JSON.stringify(scope);

  useEffect(() => {
    const watched = JSON.parse(text) as Scope;
    let again: ReturnType<typeof setTimeout> | undefined;
    let lastId = 0;
    const stop = watchClicks(
      tenant,
      watched,
      (event) => {
        const id = ++lastId;
        setSeen((old) => [{ ...event, id }, ...old].slice(0, kMostShown));
        again ??= setTimeout(() => {
          again = undefined;
          void client.invalidateQueries({ queryKey: reportKey(tenant, watched) });
        }, kPauseMs);
      },
      setState,
    );
    return () => {
      stop();
      clearTimeout(again);
    };
  }, [client, tenant, text]);

  return { state, seen };
}
