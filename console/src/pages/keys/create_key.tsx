import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { createKey, type CreatedKey, type Scope } from '../../api/keys';
import { fieldErrorsOf } from '../../api/problem';
import { keysKey } from './keys_query';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Secret } from '../../ui/secret';
import { SelectField } from '../../ui/select_field';
import { TextField } from '../../ui/text_field';
import { expiryOptions, toExpiresAt } from './key_expiry';
import { ScopesField } from './scopes_field';

interface Props {
  onCreated: (key: CreatedKey) => void;
  onClose: () => void;
}

function KeyForm({ onCreated, onClose }: Props) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['links:read', 'links:write']);
  const [expiry, setExpiry] = useState('never');
  const creating = useMutation({
    mutationFn: () => {
      const expiresAt = toExpiresAt(expiry, Date.now());
      return createKey(tenant, {
        scopes,
        ...(name.trim() === '' ? {} : { name: name.trim() }),
        ...(expiresAt === null ? {} : { expires_at: expiresAt }),
      });
    },
    // The answer holds the key: it is handed on and kept nowhere else.
    gcTime: 0,
    onSuccess: (key) => {
      void client.invalidateQueries({ queryKey: keysKey(tenant) });
      onCreated(key);
    },
  });
  const errors = fieldErrorsOf(creating.error);

  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        creating.mutate();
      }}
    >
      <ErrorNotice error={creating.error} shownAtFields={errors} />
      <TextField
        label="Name"
        name="name"
        hint="For you: which program uses it?"
        autoComplete="off"
        value={name}
        onChange={setName}
      />
      <ScopesField value={scopes} onChange={setScopes} />
      <SelectField
        label="Expires"
        value={expiry}
        options={expiryOptions}
        error={errors['expires_at']}
        onChange={setExpiry}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={creating.isPending}>
          Create key
        </Button>
      </ModalActions>
    </Form>
  );
}

function sampleLine(key: CreatedKey): string {
  const url = `${window.location.origin}/v1/links`;
  const auth = `-H 'Authorization: Bearer ${key.key}'`;
  if (key.scopes.includes('links:write')) {
    return `curl ${url} ${auth} -H 'Content-Type: application/json' -d '{"url":"https://example.com/"}'`;
  }
  return `curl ${url} ${auth}`;
}

function ShownOnce({ created, onClose }: { created: CreatedKey; onClose: () => void }) {
  return (
    <Secret
      secret={created.key}
      label="Copy key"
      why="Copy it now. Ashlar keeps only a hash of it: once this is closed, nobody can show it again."
      onClose={onClose}
    >
      {created.scopes.some((scope) => scope.startsWith('links:')) && (
        <CodeBlock code={sampleLine(created)} label="Command that uses the key" />
      )}
    </Secret>
  );
}

export function CreateKey({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      title={created === null ? 'New key' : 'Your new key'}
      isOpen={isOpen}
      onClose={close}
      // A stray click beside the dialog must not lose what cannot be shown again.
      canDismiss={created === null}
    >
      {created === null ? (
        <KeyForm onCreated={setCreated} onClose={close} />
      ) : (
        <ShownOnce created={created} onClose={close} />
      )}
    </Modal>
  );
}
