import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { rotateSecret, type Webhook } from '../../api/webhooks';
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
  onRotated: (webhook: Webhook) => void;
  onClose: () => void;
}) {
  const { tenant } = useTenant();
  const rotating = useMutation({
    mutationFn: () => rotateSecret(tenant, id),
    gcTime: 0,
    onSuccess: onRotated,
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
  const [rotated, setRotated] = useState<Webhook | null>(null);
  const close = () => {
    setRotated(null);
    onClose();
  };
  return (
    <Modal
      title={rotated === null ? 'Rotate the secret?' : 'How it is signed now'}
      isOpen={isOpen}
      onClose={close}
      canDismiss={rotated === null}
    >
      {isOpen && rotated === null && <Question id={id} onRotated={setRotated} onClose={close} />}
      {rotated !== null && <ShownOnce webhook={rotated} onClose={close} />}
    </Modal>
  );
}
