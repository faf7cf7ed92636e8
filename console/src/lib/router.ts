// Where the console is: the part of the address after '#'. Hash routing, because the server serves
// one page and a claim token in a fragment is never sent to a server or its logs.
import { useSyncExternalStore } from 'react';

export type Route =
  | { page: 'claim'; token: string }
  | { page: 'links'; query: string }
  | { page: 'link'; code: string; query: string }
  | { page: 'overview' }
  | { page: 'activity'; query: string }
  | { page: 'limits'; query: string }
  | { page: 'limit'; rule: string }
  | { page: 'own-limit'; rule: string }
  | { page: 'tasks'; query: string }
  | { page: 'task'; id: string }
  | { page: 'queue'; queue: string; query: string }
  | { page: 'webhooks' }
  | { page: 'webhook'; id: string; query: string }
  | { page: 'delivery'; webhook: string; id: string }
  | { page: 'events'; query: string }
  | { page: 'sagas'; query: string }
  | { page: 'saga'; id: string }
  | { page: 'payments'; query: string }
  | { page: 'payment'; id: string }
  | { page: 'dispute'; id: string }
  | { page: 'reconciliation'; id: string }
  | { page: 'ledger'; query: string }
  | { page: 'account'; id: string }
  | { page: 'documents' }
  | { page: 'document'; name: string }
  | { page: 'notifications'; section: string; item: string; query: string }
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
  const [page = '', argument = '', part = '', ...rest] = path.split('/').map(decode);
  if (rest.length > 0) return { page: 'unknown' };
  if (page === 'notifications') return { page, section: argument, item: part, query };
  if (part !== '') {
    if (page === 'webhooks') return { page: 'delivery', webhook: argument, id: part };
    if (page === 'limits' && argument === 'own') return { page: 'own-limit', rule: part };
    return { page: 'unknown' };
  }
  return argument === '' ? pageOf(page, query) : pageOfOne(page, argument, query);
}

function pageOf(page: string, query: string): Route {
  switch (page) {
    case '':
      return { page: 'links', query };
    case 'links':
    case 'activity':
    case 'limits':
    case 'tasks':
    case 'events':
    case 'sagas':
    case 'payments':
    case 'ledger':
      return { page, query };
    case 'overview':
    case 'webhooks':
    case 'documents':
    case 'keys':
    case 'tenants':
      return { page };
    default:
      return { page: 'unknown' };
  }
}

function pageOfOne(page: string, argument: string, query: string): Route {
  switch (page) {
    case 'claim':
      return { page: 'claim', token: argument };
    case 'links':
      return { page: 'link', code: argument, query };
    case 'limits':
      return { page: 'limit', rule: argument };
    case 'tasks':
      return { page: 'task', id: argument };
    case 'queues':
      return { page: 'queue', queue: argument, query };
    case 'webhooks':
      return { page: 'webhook', id: argument, query };
    case 'documents':
      return { page: 'document', name: argument };
    case 'sagas':
      return { page: 'saga', id: argument };
    case 'payments':
      return { page: 'payment', id: argument };
    case 'disputes':
      return { page: 'dispute', id: argument };
    case 'reconciliations':
      return { page: 'reconciliation', id: argument };
    case 'ledger':
      return { page: 'account', id: argument };
    default:
      return { page: 'unknown' };
  }
}

/** An address and what of it is shown; null and "" are not said. */
export function withQuery(href: string, query: Record<string, string | null>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== '') params.set(name, value);
  }
  const text = params.toString();
  return text === '' ? href : `${href}?${text}`;
}

export const hrefs = {
  links: '#/links',
  link: (code: string, query: Record<string, string | null> = {}) =>
    withQuery(`#/links/${encodeURIComponent(code)}`, query),
  overview: '#/overview',
  activity: '#/activity',
  limits: '#/limits',
  limit: (rule: string) => `#/limits/${encodeURIComponent(rule)}`,
  ownLimit: (rule: string) => `#/limits/own/${encodeURIComponent(rule)}`,
  tasks: '#/tasks',
  task: (id: string) => `#/tasks/${encodeURIComponent(id)}`,
  queue: (queue: string, state?: string) =>
    `#/queues/${encodeURIComponent(queue)}${state === undefined ? '' : `?state=${state}`}`,
  webhooks: '#/webhooks',
  webhook: (id: string) => `#/webhooks/${encodeURIComponent(id)}`,
  delivery: (webhook: string, id: string) =>
    `#/webhooks/${encodeURIComponent(webhook)}/${encodeURIComponent(id)}`,
  events: '#/events',
  sagas: '#/sagas',
  saga: (id: string) => `#/sagas/${encodeURIComponent(id)}`,
  payments: '#/payments',
  payment: (id: string) => `#/payments/${encodeURIComponent(id)}`,
  disputes: '#/payments?view=disputes',
  dispute: (id: string) => `#/disputes/${encodeURIComponent(id)}`,
  reconciliations: '#/payments?view=reconciliation',
  reconciliation: (id: string) => `#/reconciliations/${encodeURIComponent(id)}`,
  ledger: '#/ledger',
  account: (id: string) => `#/ledger/${encodeURIComponent(id)}`,
  documents: '#/documents',
  document: (name: string) => `#/documents/${encodeURIComponent(name)}`,
  notifications: '#/notifications',
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
