// Which part of the limits is shown: it stands in the address.
import { hrefs } from '../../lib/router';

export const kViews = [
  { value: 'rules', label: 'Rules' },
  { value: 'tester', label: 'Tester' },
  { value: 'shadow', label: 'Shadow' },
  { value: 'versions', label: 'Versions' },
  { value: 'own', label: 'Installation' },
] as const;
export type View = (typeof kViews)[number]['value'];

export function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'rules';
}

export function viewHref(view: View): string {
  return view === 'rules' ? hrefs.limits : `${hrefs.limits}?view=${view}`;
}
