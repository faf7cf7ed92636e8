// Where the console is: the part of the address after '#'. Hash routing, because the server serves
// one page and a claim token in a fragment is never sent to a server or its logs.
import { useSyncExternalStore } from 'react';

export type Route =
  | { page: 'claim'; token: string }
  | { page: 'links' }
  | { page: 'link'; code: string }
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

export function parseRoute(hash: string): Route {
  const [page = '', argument = '', ...rest] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  if (rest.length > 0) return { page: 'unknown' };
  if (page === 'claim' && argument !== '') return { page: 'claim', token: argument };
  if (page === 'links' && argument !== '') return { page: 'link', code: argument };
  if (argument !== '') return { page: 'unknown' };
  if (page === '' || page === 'links') return { page: 'links' };
  if (page === 'keys' || page === 'tenants') return { page };
  return { page: 'unknown' };
}

export const hrefs = {
  links: '#/links',
  link: (code: string) => `#/links/${encodeURIComponent(code)}`,
  keys: '#/keys',
  tenants: '#/tenants',
};

export function go(href: string): void {
  window.location.hash = href;
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
