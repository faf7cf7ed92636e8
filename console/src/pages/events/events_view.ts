// Which part of the events is shown, and what is asked for how often.
import { useQuery } from '@tanstack/react-query';
import { listConsumers } from '../../api/events';
import { hrefs } from '../../lib/router';

export const kViews = [
  { value: 'consumers', label: 'Consumers' },
  { value: 'dead', label: 'Dead letters' },
] as const;
export type View = (typeof kViews)[number]['value'];

export const kRefreshMs = 2_000;

export const eventKeys = {
  consumers: ['event-consumers'],
  letters: ['dead-letters'],
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
