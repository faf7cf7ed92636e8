import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getRequestsTop, type Top } from '../../api/activity';
import { listKeys, type Key } from '../../api/keys';
import { listTenants } from '../../api/tenants';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { Ranking } from '../../ui/ranking';
import { Card } from './card';

const kRefreshMs = 5_000;
const kWindowS = 300;
export const kCardRows = 5;

export type Dimension = 'endpoint' | 'user' | 'tenant';

/** Names of the keys of the tenant that is shown; of others only their numbers are known here. */
function useKeyNames(): (caller: string) => string | undefined {
  const { tenant } = useTenant();
  const keys = useQuery({
    queryKey: ['key-names', tenant],
    queryFn: ({ signal }) => listKeys(tenant, null, 100, signal),
    staleTime: 60_000,
  });
  const known = keys.data?.data;
  return useMemo(() => {
    const names = new Map(known?.map((key) => [`${tenant}/${key.id}`, nameOf(key)]));
    return (caller) => names.get(caller);
  }, [known, tenant]);
}

function nameOf(key: Key): string {
  return key.name ?? `${key.prefix}…`;
}

interface Answer {
  top: Top;
  /** All tenants there are; null where that is more than one page, so that nothing is known. */
  tenants: string[] | null;
}

/**
 * The tenants are asked for after the counts: one that counts and is not there any more has been
 * deleted within the window. What it asked for counts until the window is over.
 */
async function ask(dimension: Dimension, signal: AbortSignal): Promise<Answer> {
  const top = await getRequestsTop({ dimension, window: kWindowS, k: kCardRows }, signal);
  if (dimension === 'endpoint') return { top, tenants: null };
  const page = await listTenants(null, 100, signal);
  return { top, tenants: page.next_cursor === null ? page.data.map(({ name }) => name) : null };
}

interface OwnRequestsProps {
  title: string;
  about: string;
  dimension: Dimension;
}

export function OwnRequests({ title, about, dimension }: OwnRequestsProps) {
  const keyName = useKeyNames();
  const answer = useQuery({
    queryKey: ['requests-top', dimension],
    queryFn: ({ signal }) => ask(dimension, signal),
    refetchInterval: kRefreshMs,
  });
  const { top, tenants = null } = answer.data ?? {};
  const tenantName = (name: string) =>
    tenants === null || tenants.includes(name) ? name : `${name} (deleted)`;
  const nameIn = {
    endpoint: (key: string) => key,
    user: (caller: string) => {
      const [tenant = '', id = ''] = caller.split('/');
      if (caller === 'administrator') return 'Administrator';
      return id === '' ? caller : `${tenantName(tenant)} · ${keyName(caller) ?? `key ${id}`}`;
    },
    tenant: tenantName,
  }[dimension];
  const rows = (top?.data ?? []).map(({ key, count }) => ({ key, count, name: nameIn(key) }));
  return (
    <Card
      title={title}
      about={about}
      note={top && `${formatCount(top.total)} requests`}
      isPending={answer.isPending}
      error={answer.error}
      empty={rows.length === 0 && 'No requests in the last 5 minutes.'}
    >
      <Ranking label={title} rows={rows} />
    </Card>
  );
}
