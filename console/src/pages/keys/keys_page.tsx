import { useState } from 'react';
import { listKeys, type Key } from '../../api/keys';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { CreateKey } from './create_key';
import { KeyTable } from './key_table';
import { keysKey } from './keys_query';
import { RevokeKey } from './revoke_key';

const kPageSize = 50;

export function KeysPage() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const keys = usePaged(keysKey(tenant), (cursor, signal) =>
    listKeys(tenant, cursor, kPageSize, signal),
  );

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
        <Paged
          list={keys}
          what="keys"
          skeleton={3}
          empty={
            <EmptyState title="No keys yet">
              <p>
                Create one here and copy it, or on the server:{' '}
                <code>ashlar key create --tenant {tenant} --scope links:write</code>
              </p>
            </EmptyState>
          }
        >
          <KeyTable keys={keys.rows} onRevoke={setRevoking} />
        </Paged>
      </Course>
      <CreateKey isOpen={creating} onClose={() => setCreating(false)} />
      <RevokeKey target={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
}
