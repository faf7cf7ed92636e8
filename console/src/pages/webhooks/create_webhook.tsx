import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createWebhook, type Webhook } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { Modal } from '../../ui/modal';
import { ShownOnce } from './shown_once';
import { kNewWebhook, newWebhookOf } from './webhook_draft';
import { WebhookForm } from './webhook_form';
import { webhookKeys } from './webhook_keys';

export function CreateWebhook({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [created, setCreated] = useState<Webhook | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      title={created === null ? 'New webhook' : 'How it is signed'}
      isOpen={isOpen}
      onClose={close}
      // A stray click beside the dialog must not lose what cannot be shown again.
      canDismiss={created === null}
    >
      {created === null ? (
        <WebhookForm
          opened={kNewWebhook}
          isNew
          action="Create webhook"
          send={(draft) => createWebhook(tenant, newWebhookOf(draft))}
          onDone={(webhook) => {
            void client.invalidateQueries({ queryKey: webhookKeys.list(tenant) });
            setCreated(webhook);
          }}
          onClose={close}
        />
      ) : (
        <ShownOnce webhook={created} onClose={close} />
      )}
    </Modal>
  );
}
