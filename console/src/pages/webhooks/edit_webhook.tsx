import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Answer } from '../../api/http';
import { updateWebhook, type Webhook } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { Modal } from '../../ui/modal';
import { toast } from '../../ui/toast';
import { changeOf, draftOf } from './webhook_draft';
import { WebhookForm } from './webhook_form';
import { webhookKeys } from './webhook_keys';

interface EditFormProps {
  answer: Answer<Webhook>;
  onClose: () => void;
}

function EditForm({ answer, onClose }: EditFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  // Fixed when the dialog opens: the etag must be that of the values which the person saw.
  const [{ data: webhook, etag }] = useState(answer);
  return (
    <WebhookForm
      opened={draftOf(webhook)}
      isNew={false}
      action="Save"
      send={(draft) => updateWebhook(tenant, webhook.id, changeOf(draft), etag)}
      onDone={() => {
        void client.invalidateQueries({ queryKey: webhookKeys.list(tenant) });
        void client.invalidateQueries({ queryKey: webhookKeys.one(tenant, webhook.id) });
        toast('good', 'Saved. The next delivery sees it.');
        onClose();
      }}
      onClose={onClose}
    />
  );
}

export function EditWebhook({ isOpen, ...props }: EditFormProps & { isOpen: boolean }) {
  return (
    <Modal title="Edit webhook" isOpen={isOpen} onClose={props.onClose}>
      {isOpen && <EditForm {...props} />}
    </Modal>
  );
}
