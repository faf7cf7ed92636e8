// Which part of a link's page is shown, and which link it is: both stand in the address.
import type { LinkName } from '../../api/links';
import { hrefs } from '../../lib/router';

export const kViews = [
  { value: 'clicks', label: 'Clicks' },
  { value: 'analytics', label: 'Analytics' },
  { value: 'rules', label: 'Rules' },
  { value: 'settings', label: 'Settings' },
] as const;
export type View = (typeof kViews)[number]['value'];

export function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'clicks';
}

export function nameIn(code: string, query: string): LinkName {
  return { code, domain: new URLSearchParams(query).get('domain') };
}

export function linkHref({ code, domain }: LinkName, view: View): string {
  return hrefs.link(code, { view: view === 'clicks' ? null : view, domain });
}
