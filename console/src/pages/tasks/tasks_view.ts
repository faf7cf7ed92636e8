// Which part of the tasks is shown: it stands in the address.
import { kTaskStates, type TaskState } from '../../api/tasks';
import { hrefs } from '../../lib/router';

export const kViews = [
  { value: 'queues', label: 'Queues' },
  { value: 'schedules', label: 'Schedules' },
] as const;
export type View = (typeof kViews)[number]['value'];

export function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'queues';
}

export function viewHref(view: View): string {
  return view === 'queues' ? hrefs.tasks : `${hrefs.tasks}?view=${view}`;
}

export function readState(query: string): TaskState | null {
  const wanted = new URLSearchParams(query).get('state');
  return kTaskStates.find((state) => state === wanted) ?? null;
}
