import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listKeys, type Key } from '../../api/keys';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { LoadMore } from '../../ui/load_more';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { CreateKey } from './create_key';
import { KeyTable } from './key_table';
import { keysKey } from './keys_query';
import { RevokeKey } from './revoke_key';

const kPageSize = 50;

export function KeysPage() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const keys = useInfiniteQuery({
    queryKey: keysKey(tenant),
    queryFn: ({ pageParam, signal }) => listKeys(tenant, pageParam, kPageSize, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = keys.data?.pages.flatMap((page) => page.data) ?? [];

  return (
    <Page
      title="Keys"
      lead={
        <>
          Programs call the API with a key. A key belongs to the tenant <strong>{tenant}</strong>{' '}
          and may do what its scopes say.
        </>
      }
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New key
        </Button>
      }
    >
      <Course>
        {keys.isPending && <Skeleton rows={3} label="Loading keys" />}
        {keys.isError && <ErrorNotice error={keys.error} />}
        {keys.isSuccess && rows.length === 0 && (
          <EmptyState title="No keys yet">
            <p>
              Create one here and copy it, or on the server:{' '}
              <code>ashlar key create --tenant {tenant} --scope links:write</code>
            </p>
          </EmptyState>
        )}
        {rows.length > 0 && <KeyTable keys={rows} onRevoke={setRevoking} />}
        <LoadMore
          hasMore={keys.hasNextPage}
          isLoading={keys.isFetchingNextPage}
          onLoad={() => void keys.fetchNextPage()}
        />
      </Course>
      <CreateKey isOpen={creating} onClose={() => setCreating(false)} />
      <RevokeKey target={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
}
