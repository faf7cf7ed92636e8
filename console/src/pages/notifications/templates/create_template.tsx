import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { getTemplate, putTemplate } from '../../../api/notification_templates';
import { ApiError, fieldErrorsOf, hasStatus, parseProblem } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { TextField } from '../../../ui/text_field';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';

const kEmpty = { key: '', description: '', locale: 'en' };

/** Something to begin with: not live, so nobody gets it. */
function firstOf({ description, locale }: typeof kEmpty) {
  return {
    description: description.trim() === '' ? null : description.trim(),
    default_locale: locale.trim(),
    fields: { name: { type: 'string', default: 'there' } },
    locales: { [locale.trim()]: { short: 'Hello {name}' } },
    publish: false,
  };
}

async function isThere(tenant: string, key: string): Promise<boolean> {
  try {
    await getTemplate(tenant, key, null);
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

function taken(key: string): ApiError {
  const detail = `There is a template ${key}.`;
  const errors = [{ field: '/key', reason: 'key_taken', detail }];
  return new ApiError(parseProblem(409, 'Conflict', { reason: 'key_taken', detail, errors }));
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(kEmpty);
  const making = useMutation({
    mutationFn: async () => {
      const key = draft.key.trim();
      // A PUT would make a version of one that is there.
      if (await isThere(tenant, key)) throw taken(key);
      return putTemplate(tenant, key, firstOf(draft));
    },
    onSuccess: ({ key }) => {
      void client.invalidateQueries({ queryKey: notificationKeys.templates(tenant) });
      onClose();
      go(places.template(key));
    },
  });
  const errors = fieldErrorsOf(making.error);
  const set = (change: Partial<typeof kEmpty>) => {
    if (making.isError) making.reset();
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <ErrorNotice error={making.error} shownAtFields={errors} />
      <TextField
        label="Key"
        name="key"
        hint="By which your programs name it: order_shipped."
        isRequired
        mono
        autoComplete="off"
        value={draft.key}
        onChange={(key) => set({ key })}
      />
      <TextField
        label="Description"
        name="description"
        hint="For you: when is it sent?"
        autoComplete="off"
        value={draft.description}
        onChange={(description) => set({ description })}
      />
      <TextField
        label="Language"
        name="default_locale"
        hint="The first one: en, de-AT."
        isRequired
        autoComplete="off"
        value={draft.locale}
        onChange={(locale) => set({ locale })}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={making.isPending}>
          Begin
        </Button>
      </ModalActions>
    </Form>
  );
}

export function CreateTemplate({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New template" isOpen={isOpen} onClose={onClose}>
      {isOpen && <CreateForm onClose={onClose} />}
    </Modal>
  );
}
