import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { createWebhook, type WebhookSecret } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { ShownOnce } from './shown_once';
import { WebhookFields } from './webhook_form';
import { webhookKeys } from './webhook_keys';
import { typesOf } from './webhook_words';

interface NewFormProps {
  onCreated: (created: WebhookSecret) => void;
  onClose: () => void;
}

function NewForm({ onCreated, onClose }: NewFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState({ url: '', types: '', description: '' });
  const creating = useMutation({
    mutationFn: () =>
      createWebhook(tenant, {
        url: draft.url.trim(),
        event_types: typesOf(draft.types),
        ...(draft.description.trim() === '' ? {} : { description: draft.description.trim() }),
      }),
    // The answer holds the secret: it is handed on and kept nowhere else.
    gcTime: 0,
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: webhookKeys.list(tenant) });
      onCreated(created);
    },
  });
  const errors = fieldErrorsOf(creating.error, { target_forbidden: 'url' });
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        creating.mutate();
      }}
    >
      <ErrorNotice error={creating.error} shownAtFields={errors} />
      <WebhookFields
        draft={draft}
        onChange={(change) => {
          if (creating.isError) creating.reset();
          setDraft((old) => ({ ...old, ...change }));
        }}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={creating.isPending}>
          Create webhook
        </Button>
      </ModalActions>
    </Form>
  );
}

export function CreateWebhook({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<WebhookSecret | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      title={created === null ? 'New webhook' : 'Its secret'}
      isOpen={isOpen}
      onClose={close}
      // A stray click beside the dialog must not lose what cannot be shown again.
      canDismiss={created === null}
    >
      {created === null ? (
        <NewForm onCreated={setCreated} onClose={close} />
      ) : (
        <ShownOnce secret={created.secret} onClose={close} />
      )}
    </Modal>
  );
}
