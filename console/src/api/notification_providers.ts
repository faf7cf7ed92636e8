import { call, type Page } from './http';
import type { Channel } from './notifications';

export interface NotificationProvider {
  id: string;
  channel: Channel;
  type: string;
  name: string;
  /** Providers of one project share its pace. */
  project: string | null;
  weight: number;
  /** The lowest goes first. */
  priority: number;
  enabled: boolean;
  pace_per_s: number | null;
  max_running: number;
  /** Without its secrets. */
  settings: Record<string, unknown>;
  /** Names of those that are set; they are never shown. */
  secrets: string[];
  /** Where the service tells what became of messages. */
  callback_url: string | null;
  created_at: string;
  updated_at: string;
}

export interface ProviderChange {
  name?: string;
  project?: string | null;
  weight?: number;
  priority?: number;
  enabled?: boolean;
  pace_per_s?: number | null;
  max_running?: number;
  /** What is named changes, secrets too; null: it goes. */
  settings?: Record<string, unknown>;
}

export interface NewProvider extends ProviderChange {
  channel: Channel;
  type: string;
  name: string;
}

export type Breaker = 'closed' | 'open' | 'half_open';

/** How the instance that was asked finds a provider. */
export interface ProviderHealth {
  id: string;
  name: string;
  channel: Channel;
  type: string;
  enabled: boolean;
  /** Open: it fails, and is not asked. */
  breaker: Breaker;
  /** Open: its credential was refused. */
  credential: Breaker;
  running: number;
  /** Of the last 40 or so. */
  calls: number;
  failures: number;
  openings: number;
  /** It asked to be left alone for so long. */
  quiet_for_ms: number;
  /** Why its settings cannot be used. */
  trouble: string | null;
  /** Mail domains that asked to be spared. */
  slowed: { domain: string; rate_per_s: number }[];
}

const kPath = '/v1/notification-providers';
const pathOf = (id: string) => `${kPath}/${encodeURIComponent(id)}`;

/** All of a tenant's: they are few. */
export async function listProviders(
  tenant: string,
  signal?: AbortSignal,
): Promise<NotificationProvider[]> {
  return (await call<Page<NotificationProvider>>('GET', kPath, { tenant, signal })).data.data;
}

export async function getProvider(
  tenant: string,
  id: string,
  signal?: AbortSignal,
): Promise<NotificationProvider> {
  return (await call<NotificationProvider>('GET', pathOf(id), { tenant, signal })).data;
}

export async function createProvider(
  tenant: string,
  provider: NewProvider,
): Promise<NotificationProvider> {
  return (await call<NotificationProvider>('POST', kPath, { tenant, body: provider })).data;
}

export async function updateProvider(
  tenant: string,
  id: string,
  change: ProviderChange,
): Promise<NotificationProvider> {
  return (await call<NotificationProvider>('PATCH', pathOf(id), { tenant, body: change })).data;
}

export async function deleteProvider(tenant: string, id: string): Promise<void> {
  await call<undefined>('DELETE', pathOf(id), { tenant });
}

export async function listHealths(tenant: string, signal?: AbortSignal): Promise<ProviderHealth[]> {
  const path = '/v1/notification-provider-health';
  return (await call<{ data: ProviderHealth[] }>('GET', path, { tenant, signal })).data.data;
}
