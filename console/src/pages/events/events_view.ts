// Which part of the events is shown, and what is asked for how often.
import { useQuery } from '@tanstack/react-query';
import { listConsumers } from '../../api/events';
import { listTenants } from '../../api/tenants';
import { hrefs } from '../../lib/router';
import { tenantsKey } from '../../lib/tenants_query';

export const kViews = [
  { value: 'consumers', label: 'Consumers' },
  { value: 'dead', label: 'Dead letters' },
  { value: 'log', label: 'Log' },
] as const;
export type View = (typeof kViews)[number]['value'];

export const kRefreshMs = 2_000;

export const eventKeys = {
  consumers: ['event-consumers'],
  letters: ['dead-letters'],
  log: (tenant: string, type: string) => ['events', tenant, type],
};

export function readView(query: string): { view: View; consumer: string | null } {
  const params = new URLSearchParams(query);
  const wanted = params.get('view');
  return {
    view: kViews.find(({ value }) => value === wanted)?.value ?? 'consumers',
    consumer: params.get('consumer'),
  };
}

export function viewHref(view: View): string {
  return view === 'consumers' ? hrefs.events : `${hrefs.events}?view=${view}`;
}

export function deadHref(consumer: string): string {
  const chosen = consumer === '' ? '' : `&consumer=${encodeURIComponent(consumer)}`;
  return `${viewHref('dead')}${chosen}`;
}

export function useConsumers() {
  return useQuery({
    queryKey: eventKeys.consumers,
    queryFn: ({ signal }) => listConsumers(signal),
    refetchInterval: ({ state }) =>
      state.status === 'error' && state.data === undefined ? false : kRefreshMs,
  });
}

/** Events name their tenants by id; one that is not among the first hundred keeps its number. */
export function useTenantName(): (id: string | null) => string {
  const tenants = useQuery({
    queryKey: tenantsKey,
    queryFn: ({ signal }) => listTenants(null, 100, signal),
  });
  return (id) => {
    if (id === null) return 'the installation';
    return tenants.data?.data.find((tenant) => tenant.id === id)?.name ?? `tenant ${id}`;
  };
}
