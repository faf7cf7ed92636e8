// Which part of the links is shown, and which of them: it stands in the address.
import type { LinkFilter } from '../../api/links';
import { hrefs, withQuery } from '../../lib/router';

export const kViews = [
  { value: 'links', label: 'Links' },
  { value: 'analytics', label: 'Analytics' },
  { value: 'domains', label: 'Domains' },
  { value: 'imports', label: 'Import' },
  { value: 'reviews', label: 'Reviews' },
] as const;
export type View = (typeof kViews)[number]['value'];

export function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'links';
}

export function viewHref(view: View): string {
  return withQuery(hrefs.links, { view: view === 'links' ? null : view });
}

export const kStates = [
  { value: 'all', label: 'All' },
  { value: 'enabled', label: 'Enabled' },
  { value: 'disabled', label: 'Disabled' },
  { value: 'archived', label: 'Archived' },
] as const;
export type StateFilter = (typeof kStates)[number]['value'];

/** What narrows the list, but for the text that is searched. */
export interface Narrowing {
  /** Archived links are put away: only "archived" shows them. */
  state: StateFilter;
  tag: string | null;
  owner: string | null;
  domain: string | null;
}

export function readNarrowing(query: string): Narrowing {
  const params = new URLSearchParams(query);
  const wanted = params.get('state');
  return {
    state: kStates.find(({ value }) => value === wanted)?.value ?? 'all',
    tag: params.get('tag'),
    owner: params.get('owner'),
    domain: params.get('domain'),
  };
}

export function narrowedHref({ state, ...rest }: Narrowing): string {
  return withQuery(hrefs.links, { state: state === 'all' ? null : state, ...rest });
}

export function filterOf(q: string, { state, tag, owner, domain }: Narrowing): LinkFilter {
  const enabled = state === 'enabled' ? true : state === 'disabled' ? false : null;
  return { q, enabled, archived: state === 'archived', tag, owner, domain };
}

export function isNarrowed(q: string, { state, tag, owner, domain }: Narrowing): boolean {
  return q !== '' || state !== 'all' || tag !== null || owner !== null || domain !== null;
}
