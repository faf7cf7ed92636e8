import { hrefs, type Route } from '../lib/router';
import { useCurrentInSight } from '../lib/use_current_in_sight';

interface Entry {
  label: string;
  href: string;
  pages: readonly Route['page'][];
}

// The index of the console: a new system is one row here and one case in frame.tsx.
const kGroups: readonly { title: string; entries: readonly Entry[] }[] = [
  {
    title: 'Server',
    entries: [
      { label: 'Overview', href: hrefs.overview, pages: ['overview'] },
      { label: 'Events', href: hrefs.events, pages: ['events'] },
    ],
  },
  {
    title: 'Systems',
    entries: [
      { label: 'Links', href: hrefs.links, pages: ['links', 'link'] },
      { label: 'Activity', href: hrefs.activity, pages: ['activity'] },
      { label: 'Limits', href: hrefs.limits, pages: ['limits', 'limit', 'own-limit'] },
      { label: 'Tasks', href: hrefs.tasks, pages: ['tasks', 'task', 'queue'] },
      { label: 'Webhooks', href: hrefs.webhooks, pages: ['webhooks', 'webhook', 'delivery'] },
      { label: 'Notifications', href: hrefs.notifications, pages: ['notifications'] },
      { label: 'Sagas', href: hrefs.sagas, pages: ['sagas', 'saga'] },
      {
        label: 'Payments',
        href: hrefs.payments,
        pages: ['payments', 'payment', 'dispute', 'reconciliation'],
      },
      { label: 'Ledger', href: hrefs.ledger, pages: ['ledger', 'account'] },
      { label: 'Documents', href: hrefs.documents, pages: ['documents', 'document'] },
    ],
  },
  {
    title: 'Access',
    entries: [
      { label: 'Keys', href: hrefs.keys, pages: ['keys'] },
      { label: 'Tenants', href: hrefs.tenants, pages: ['tenants'] },
    ],
  },
];

export function Nav({ route, version }: { route: Route; version: string }) {
  const nav = useCurrentInSight<HTMLElement>(route.page);
  return (
    <nav className="nav" aria-label="Main" ref={nav}>
      {kGroups.map((group) => (
        <div key={group.title}>
          <h2 id={`nav-${group.title}`}>{group.title}</h2>
          <ul aria-labelledby={`nav-${group.title}`}>
            {group.entries.map((entry) => (
              <li key={entry.href}>
                <a
                  href={entry.href}
                  aria-current={entry.pages.includes(route.page) ? 'page' : undefined}
                >
                  {entry.label}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <div className="nav-foot">
        <a href="/docs">API&nbsp;docs</a>
        <span className="nav-version">
          {' '}
          · <a href="/v1/openapi.json">OpenAPI</a>
          <br />
          Ashlar {version}
        </span>
      </div>
    </nav>
  );
}
