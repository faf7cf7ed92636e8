// Which links of the list are chosen: some by name, or all that its filter finds.
import { useState } from 'react';
import { nameOf, type Link, type LinkName } from '../../../api/links';

export const keyOf = ({ code, domain }: LinkName) => `${domain ?? ''}/${code}`;

export interface Selection {
  names: ReadonlyMap<string, LinkName>;
  everything: boolean;
  has: (link: Link) => boolean;
  set: (links: readonly Link[], on: boolean) => void;
  takeEverything: () => void;
  clear: () => void;
}

/** `what`: another filter or search begins with nothing chosen. */
export function useSelection(what: string): Selection {
  const none = { what, names: new Map<string, LinkName>(), everything: false };
  const [kept, setKept] = useState(none);
  const { names, everything } = kept.what === what ? kept : none;
  return {
    names,
    everything,
    has: (link) => everything || names.has(keyOf(nameOf(link))),
    set: (links, on) => {
      const next = new Map(names);
      for (const link of links) {
        const name = nameOf(link);
        if (on) next.set(keyOf(name), name);
        else next.delete(keyOf(name));
      }
      setKept({ what, names: next, everything: false });
    },
    takeEverything: () => setKept({ what, names, everything: true }),
    clear: () => setKept(none),
  };
}
