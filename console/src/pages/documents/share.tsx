import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { createToken, kAccesses, type Access } from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Secret } from '../../ui/secret';
import { SelectField } from '../../ui/select_field';
import { TextField } from '../../ui/text_field';
import { guestUser } from './use_user_words';

const kWords: Record<Access, string> = { read: 'Read', comment: 'Comment', write: 'Write' };
const kTtls = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: 'An hour' },
  { value: '86400', label: 'A day' },
];

function program(name: string, token: string): string {
  const origin = window.location.origin.replace(/^http/, 'ws');
  return `new WebsocketProvider('${origin}/v1/documents/ws', '${name}', doc,
  { params: { token: '${token}' } });`;
}

function ShareForm({ name, onClose }: { name: string; onClose: () => void }) {
  const { tenant } = useTenant();
  const [who, setWho] = useState('');
  const [access, setAccess] = useState<Access>('write');
  const [ttl, setTtl] = useState('3600');
  const making = useMutation({
    mutationFn: () =>
      createToken(tenant, name, {
        access,
        ttl_s: Number(ttl),
        ...(who.trim() === '' ? {} : { user: guestUser(who.trim()), name: who.trim() }),
      }),
  });
  if (making.data !== undefined) {
    return (
      <Secret
        secret={making.data.token}
        label="Copy token"
        why="Give it to the program of whoever is to open the document. It opens nothing else, and ends by itself."
        onClose={onClose}
      >
        <CodeBlock code={program(name, making.data.token)} label="How a program opens it" />
      </Secret>
    );
  }
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <TextField
        label="For whom"
        hint="The name that others see."
        maxLength={60}
        autoComplete="off"
        value={who}
        onChange={setWho}
      />
      <SelectField
        label="May"
        value={access}
        options={kAccesses.map((value) => ({ value, label: kWords[value] }))}
        onChange={(value) => setAccess(value as Access)}
      />
      <SelectField label="For how long" value={ttl} options={kTtls} onChange={setTtl} />
      <ErrorNotice error={making.error} />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={making.isPending}>
          Make a token
        </Button>
      </ModalActions>
    </Form>
  );
}

interface ShareProps {
  name: string;
  isOpen: boolean;
  onClose: () => void;
}

export function Share({ name, isOpen, onClose }: ShareProps) {
  return (
    <Modal title="Let somebody in" isOpen={isOpen} onClose={onClose}>
      {isOpen && <ShareForm name={name} onClose={onClose} />}
    </Modal>
  );
}
