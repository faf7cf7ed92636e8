import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { createDocument } from '../../api/documents';
import { fieldErrorsOf } from '../../api/problem';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { TextField } from '../../ui/text_field';
import { documentKeys } from './document_keys';

function NewDocument({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const creating = useMutation({
    mutationFn: () => createDocument(tenant, name.trim()),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: documentKeys.list(tenant) });
      onClose();
      go(hrefs.document(made.name));
    },
  });
  const errors = fieldErrorsOf(creating.error, { document_exists: 'name' });
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        creating.mutate();
      }}
    >
      <TextField
        label="Name"
        name="name"
        hint="Programs open it by this name; it cannot be changed."
        placeholder="meeting-notes"
        mono
        isRequired
        autoComplete="off"
        value={name}
        onChange={(value) => {
          if (creating.isError) creating.reset();
          setName(value);
        }}
      />
      <ErrorNotice error={creating.error} shownAtFields={errors} />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={creating.isPending}>
          Create document
        </Button>
      </ModalActions>
    </Form>
  );
}

export function CreateDocument({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New document" isOpen={isOpen} onClose={onClose}>
      {isOpen && <NewDocument onClose={onClose} />}
    </Modal>
  );
}
