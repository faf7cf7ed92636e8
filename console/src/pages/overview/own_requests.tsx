import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getRequestsTop } from '../../api/activity';
import { listKeys, type Key } from '../../api/keys';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { Ranking } from '../../ui/ranking';
import { Card } from './card';

const kRefreshMs = 5_000;
const kWindowS = 300;
export const kCardRows = 5;

export type Dimension = 'endpoint' | 'user' | 'tenant';

/** Names of the keys of the tenant that is shown; of others only their numbers are known here. */
function useKeyNames(): (caller: string) => string {
  const { tenant } = useTenant();
  const keys = useQuery({
    queryKey: ['key-names', tenant],
    queryFn: ({ signal }) => listKeys(tenant, null, 100, signal),
    staleTime: 60_000,
  });
  const known = keys.data?.data;
  return useMemo(() => {
    const names = new Map(known?.map((key) => [`${tenant}/${key.id}`, nameOf(key)]));
    return (caller) => {
      if (caller === 'administrator') return 'Administrator';
      const [of = '', id = ''] = caller.split('/');
      return id === '' ? caller : `${of} · ${names.get(caller) ?? `key ${id}`}`;
    };
  }, [known, tenant]);
}

function nameOf(key: Key): string {
  return key.name ?? `${key.prefix}…`;
}

interface OwnRequestsProps {
  title: string;
  dimension: Dimension;
}

export function OwnRequests({ title, dimension }: OwnRequestsProps) {
  const callerName = useKeyNames();
  const top = useQuery({
    queryKey: ['requests-top', dimension],
    queryFn: ({ signal }) => getRequestsTop({ dimension, window: kWindowS, k: kCardRows }, signal),
    refetchInterval: kRefreshMs,
  });
  const rows = (top.data?.data ?? []).map(({ key, count }) => ({
    key,
    count,
    name: dimension === 'user' ? callerName(key) : key,
  }));
  return (
    <Card
      title={title}
      note={top.data && `${formatCount(top.data.total)} requests`}
      isPending={top.isPending}
      error={top.error}
      empty={rows.length === 0 && 'No requests in the last 5 minutes.'}
    >
      <Ranking label={title} rows={rows} />
    </Card>
  );
}
