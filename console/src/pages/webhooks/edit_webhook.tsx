import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { updateWebhook, type Webhook } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { toast } from '../../ui/toast';
import { WebhookFields } from './webhook_form';
import { webhookKeys } from './webhook_keys';
import { typesOf, typesText } from './webhook_words';

function EditForm({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState({
    url: webhook.url,
    types: typesText(webhook.event_types),
    description: webhook.description ?? '',
  });
  const saving = useMutation({
    mutationFn: () =>
      updateWebhook(tenant, webhook.id, {
        url: draft.url.trim(),
        event_types: typesOf(draft.types),
        description: draft.description.trim(),
      }),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: webhookKeys.list(tenant) }),
        client.invalidateQueries({ queryKey: webhookKeys.one(tenant, webhook.id) }),
      ]);
      toast('good', 'Saved. The next event sees it.');
      onClose();
    },
  });
  const errors = fieldErrorsOf(saving.error, { target_forbidden: 'url' });
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <ErrorNotice error={saving.error} shownAtFields={errors} />
      <WebhookFields
        draft={draft}
        onChange={(change) => {
          if (saving.isError) saving.reset();
          setDraft((old) => ({ ...old, ...change }));
        }}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </Form>
  );
}

interface EditWebhookProps {
  webhook: Webhook;
  isOpen: boolean;
  onClose: () => void;
}

export function EditWebhook({ webhook, isOpen, onClose }: EditWebhookProps) {
  return (
    <Modal title="Edit webhook" isOpen={isOpen} onClose={onClose}>
      {isOpen && <EditForm webhook={webhook} onClose={onClose} />}
    </Modal>
  );
}
