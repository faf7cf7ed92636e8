// Whom the server's words for a user mean. Its history names who wrote: a user of the tenant's own
// as its server called him; a key, a guest and who sat at a console by a word and a colon before.
import { useQuery } from '@tanstack/react-query';
import { listKeys } from '../../api/keys';
import { useTenant } from '../../lib/tenant';
import { documentKeys } from './document_keys';

// The newest; an older one is called by its id.
const kKeysAsked = 100;
const kStaleMs = 60_000;
const kTailShown = 4;

/** Who writes at a console: of the same name also after he has loaded its page again. */
export const consoleUser = (name: string) => `console:${name}`;

/** Whom somebody at a console lets in by a name. */
export const guestUser = (name: string) => `guest:${name}`;

export function userWords(user: string, keys: ReadonlyMap<string, string>): string {
  if (user === 'admin') return 'Administrator';
  const [, kind, rest = ''] = /^(console|guest|key):(.+)$/s.exec(user) ?? [];
  switch (kind) {
    case 'console':
      return rest;
    case 'guest':
      return /^\d{12,}$/.test(rest) ? `a guest …${rest.slice(-kTailShown)}` : `${rest} (guest)`;
    case 'key':
      return keys.get(rest) ?? `a key …${rest.slice(-kTailShown)}`;
    default:
      return user;
  }
}

export function useUserWords(): (user: string) => string {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: documentKeys.keyNames(tenant),
    queryFn: ({ signal }) => listKeys(tenant, null, kKeysAsked, signal),
    staleTime: kStaleMs,
  });
  const names = new Map(
    answer.data?.data.map(({ id, name, prefix }) => [id, `${name ?? `${prefix}…`} (key)`]),
  );
  return (user) => userWords(user, names);
}
