// The addresses of all that is about notifications.
import { hrefs, withQuery } from '../../lib/router';

export const kSections = [
  { name: '', label: 'Messages' },
  { name: 'campaigns', label: 'Campaigns' },
  { name: 'inbox', label: 'Inboxes' },
  { name: 'templates', label: 'Templates' },
  { name: 'recipients', label: 'Recipients' },
  { name: 'rules', label: 'Rules' },
  { name: 'providers', label: 'Providers' },
  { name: 'dead-letters', label: 'Dead letters' },
  { name: 'caught', label: 'Caught' },
] as const;
export type Section = (typeof kSections)[number]['name'];

const kBase = hrefs.notifications;
const one = (section: string) => (id: string) => `${kBase}/${section}/${encodeURIComponent(id)}`;

export const places = {
  section: (name: Section) => (name === '' ? kBase : `${kBase}/${name}`),
  messages: (query: { state?: string | null; user?: string | null; template?: string | null }) =>
    withQuery(kBase, query),
  message: one('messages'),
  why: (query: Record<string, string> = {}) => withQuery(`${kBase}/why`, query),
  campaign: one('campaigns'),
  inbox: one('inbox'),
  template: one('templates'),
  recipients: (view?: string) => withQuery(`${kBase}/recipients`, { view: view ?? null }),
  recipient: one('recipients'),
  topic: one('topics'),
  provider: one('providers'),
  letters: (query: Record<string, string | null>) => withQuery(`${kBase}/dead-letters`, query),
  caught: (query: Record<string, string | null>) => withQuery(`${kBase}/caught`, query),
};
