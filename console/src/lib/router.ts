// Where the console is: the part of the address after '#'. Hash routing, because the server serves
// one page and a claim token in a fragment is never sent to a server or its logs.
import { useSyncExternalStore } from 'react';

export type Route =
  | { page: 'claim'; token: string }
  | { page: 'links' }
  | { page: 'link'; code: string }
  | { page: 'overview' }
  | { page: 'activity'; query: string }
  | { page: 'limits'; query: string }
  | { page: 'limit'; rule: string }
  | { page: 'keys' }
  | { page: 'tenants' }
  | { page: 'unknown' };

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A hand-typed stray '%': shown as typed.
  }
}

/** What a page shows of all that it could: "?window=60" after its name. */
function splitQuery(path: string): [string, string] {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)];
}

export function parseRoute(hash: string): Route {
  const [path, query] = splitQuery(hash.replace(/^#?\/?/, ''));
  const [page = '', argument = '', ...rest] = path.split('/').map(decode);
  if (rest.length > 0) return { page: 'unknown' };
  if (page === 'claim' && argument !== '') return { page: 'claim', token: argument };
  if (page === 'links' && argument !== '') return { page: 'link', code: argument };
  if (page === 'limits' && argument !== '') return { page: 'limit', rule: argument };
  if (argument !== '') return { page: 'unknown' };
  if (page === '' || page === 'links') return { page: 'links' };
  if (page === 'activity' || page === 'limits') return { page, query };
  if (page === 'overview' || page === 'keys' || page === 'tenants') return { page };
  return { page: 'unknown' };
}

export const hrefs = {
  links: '#/links',
  link: (code: string) => `#/links/${encodeURIComponent(code)}`,
  overview: '#/overview',
  activity: '#/activity',
  limits: '#/limits',
  limit: (rule: string) => `#/limits/${encodeURIComponent(rule)}`,
  keys: '#/keys',
  tenants: '#/tenants',
};

export function go(href: string): void {
  window.location.hash = href;
}

/** The same page showing something else: a choice that "back" need not undo step by step. */
export function adjust(href: string): void {
  window.location.replace(href);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
