import { useMutation, useQueryClient } from '@tanstack/react-query';
import { revokeKey, type Key } from '../../api/keys';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { toast } from '../../ui/toast';
import { keysKey } from './keys_query';

function Question({ target, onClose }: { target: Key; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const name = target.name ?? target.prefix;
  const revoking = useMutation({
    mutationFn: () => revokeKey(tenant, target.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keysKey(tenant) });
      toast('good', `${name} is revoked.`);
      onClose();
    },
  });
  return (
    <>
      <p className="modal-text">
        Every program that uses <strong>{name}</strong> (<code>{target.prefix}…</code>) is refused
        from the next request on. This cannot be undone.
      </p>
      <ErrorNotice error={revoking.error} />
      <ModalActions>
        <Button onPress={onClose}>Keep it</Button>
        <Button look="danger" onPress={() => revoking.mutate()} isPending={revoking.isPending}>
          Revoke key
        </Button>
      </ModalActions>
    </>
  );
}

export function RevokeKey({ target, onClose }: { target: Key | null; onClose: () => void }) {
  return (
    <Modal title="Revoke this key?" role="alertdialog" isOpen={target !== null} onClose={onClose}>
      {target !== null && <Question target={target} onClose={onClose} />}
    </Modal>
  );
}
