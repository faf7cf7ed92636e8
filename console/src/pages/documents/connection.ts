// The socket behind one open document: who is here, and whether what was typed is kept. The server
// acknowledges a change when it is durable, so "saved" is said when nothing is unacknowledged.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { useEffect, useState } from 'react';
import * as Y from 'yjs';
import { createToken } from '../../api/documents';
import { consoleUser } from './use_user_words';

export type SaveState = 'connecting' | 'saved' | 'saving' | 'offline' | 'read-only' | 'refused';

export interface Visitor {
  /** Of this connection, while it lasts. */
  client: number;
  name: string;
  color: string;
}

const kTokenTtl_s = 3600;
// Dark enough for white letters, and apart from each other.
export const kColors = [
  '#0f6e56',
  '#a1421c',
  '#6a3fb5',
  '#1c5fa8',
  '#9b2f6b',
  '#5d6b12',
  '#8a5a00',
];

export class Connection {
  readonly doc = new Y.Doc();
  readonly provider: HocuspocusProvider;
  readonly user: { name: string; color: string };
  private readonly socket: HocuspocusProviderWebsocket;

  constructor(tenant: string, name: string, me: string) {
    this.socket = new HocuspocusProviderWebsocket({
      url: `${window.location.origin.replace(/^http/, 'ws')}/v1/documents/hocuspocus`,
    });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name,
      document: this.doc,
      // Asked for again at each connection: one that has been away for an hour needs a new one.
      token: async () => {
        const who = { user: consoleUser(me), name: me };
        const body = { access: 'write' as const, ttl_s: kTokenTtl_s, ...who };
        return (await createToken(tenant, name, body)).token;
      },
    });
    this.provider.attach();
    const color = kColors[this.doc.clientID % kColors.length] ?? '#58524a';
    this.user = { name: me, color };
  }

  stop(): void {
    this.provider.destroy();
    this.socket.destroy();
    this.doc.destroy();
  }
}

export function useConnection(tenant: string, name: string, me: string): Connection | null {
  const [connection, setConnection] = useState<Connection | null>(null);
  useEffect(() => {
    const made = new Connection(tenant, name, me);
    // The object is the outside world's: it is made here and not while rendering.
    setConnection(made); // eslint-disable-line react-hooks/set-state-in-effect
    return () => {
      setConnection(null);
      made.stop();
    };
  }, [tenant, name, me]);
  return connection;
}

function saveStateOf(provider: HocuspocusProvider, online: boolean, refused: boolean): SaveState {
  if (refused) return 'refused';
  if (!online) return 'offline';
  if (!provider.isSynced) return 'connecting';
  if (provider.authorizedScope === 'readonly') return 'read-only';
  return provider.hasUnsyncedChanges ? 'saving' : 'saved';
}

export function useSaveState({ provider }: Connection): SaveState {
  const [state, setState] = useState<SaveState>('connecting');
  useEffect(() => {
    let online = true;
    let refused = false;
    const tell = () => setState(saveStateOf(provider, online, refused));
    const onStatus = ({ status }: { status: string }) => {
      online = status !== 'disconnected';
      tell();
    };
    const onRefused = () => {
      refused = true;
      tell();
    };
    const onAuthenticated = () => {
      refused = false;
      tell();
    };
    provider.on('status', onStatus);
    provider.on('synced', tell);
    provider.on('unsyncedChanges', tell);
    provider.on('authenticated', onAuthenticated);
    provider.on('authenticationFailed', onRefused);
    return () => {
      provider.off('status', onStatus);
      provider.off('synced', tell);
      provider.off('unsyncedChanges', tell);
      provider.off('authenticated', onAuthenticated);
      provider.off('authenticationFailed', onRefused);
    };
  }, [provider]);
  return state;
}

function visitorsOf(provider: HocuspocusProvider): Visitor[] {
  const found: Visitor[] = [];
  for (const [client, state] of provider.awareness?.getStates() ?? []) {
    const user: unknown = state['user'];
    if (typeof user !== 'object' || user === null) continue;
    const { name, color } = user as { name?: unknown; color?: unknown };
    found.push({
      client,
      name: typeof name === 'string' && name !== '' ? name : 'Somebody',
      color: typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : '#58524a',
    });
  }
  return found.sort((a, b) => a.client - b.client);
}

export function useVisitors({ provider }: Connection): Visitor[] {
  const [visitors, setVisitors] = useState<Visitor[]>([]);
  useEffect(() => {
    const tell = () => setVisitors(visitorsOf(provider));
    provider.awareness?.on('change', tell);
    tell();
    return () => provider.awareness?.off('change', tell);
  }, [provider]);
  return visitors;
}
