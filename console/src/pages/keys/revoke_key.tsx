import { useQueryClient } from '@tanstack/react-query';
import { revokeKey, type Key } from '../../api/keys';
import { useTenant } from '../../lib/tenant';
import { Confirm } from '../../ui/confirm';
import { keysKey } from './keys_query';

export function RevokeKey({ target, onClose }: { target: Key | null; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const name = target?.name ?? target?.prefix ?? '';
  return (
    <Confirm
      title="Revoke this key?"
      isOpen={target !== null}
      onClose={onClose}
      action="Revoke key"
      run={() => revokeKey(tenant, target?.id ?? '')}
      done={`${name} is revoked.`}
      onDone={() => void client.invalidateQueries({ queryKey: keysKey(tenant) })}
    >
      Every program that uses <strong>{name}</strong> (<code>{target?.prefix}…</code>) is refused
      from the next request on. This cannot be undone.
    </Confirm>
  );
}
