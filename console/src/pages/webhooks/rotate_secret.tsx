import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { rotateSecret } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { ShownOnce } from './shown_once';

interface RotateSecretProps {
  id: string;
  isOpen: boolean;
  onClose: () => void;
}

function Question({
  id,
  onRotated,
  onClose,
}: {
  id: string;
  onRotated: (secret: string) => void;
  onClose: () => void;
}) {
  const { tenant } = useTenant();
  const rotating = useMutation({
    mutationFn: () => rotateSecret(tenant, id),
    gcTime: 0,
    onSuccess: ({ secret }) => onRotated(secret),
  });
  return (
    <>
      <p className="modal-text">
        A new secret signs from now on. For a day the old one signs beside it, so that your service
        can change over without missing anything.
      </p>
      <ErrorNotice error={rotating.error} />
      <ModalActions>
        <Button onPress={onClose}>Keep the old one</Button>
        <Button look="primary" onPress={() => rotating.mutate()} isPending={rotating.isPending}>
          Rotate
        </Button>
      </ModalActions>
    </>
  );
}

export function RotateSecret({ id, isOpen, onClose }: RotateSecretProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    onClose();
  };
  return (
    <Modal
      title={secret === null ? 'Rotate the secret?' : 'Its new secret'}
      isOpen={isOpen}
      onClose={close}
      canDismiss={secret === null}
    >
      {isOpen && secret === null && <Question id={id} onRotated={setSecret} onClose={close} />}
      {secret !== null && <ShownOnce secret={secret} onClose={close} />}
    </Modal>
  );
}
