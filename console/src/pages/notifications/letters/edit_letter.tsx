import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import {
  replayLetter,
  type LetterChange,
  type NotificationLetter,
} from '../../../api/notifications';
import { fieldErrorsOf } from '../../../api/problem';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { Said } from '../../../ui/timeline';
import { toast } from '../../../ui/toast';
import { readObject } from '../json_field';
import { notificationKeys } from '../notification_keys';
import { capital, reasonWords } from '../notification_words';

interface EditFormProps {
  letter: NotificationLetter;
  onClose: () => void;
}

interface Draft {
  address: string;
  json: string;
}

/** A template's is its data; one with a text of its own gets another text. */
function changeOf(letter: NotificationLetter, draft: Draft): LetterChange {
  const json = readObject(draft.json).value;
  const address = draft.address.trim();
  return {
    ...(address === letter.address ? {} : { address }),
    ...(json === undefined ? {} : { [letter.template === null ? 'content' : 'data']: json }),
  };
}

function EditForm({ letter, onClose }: EditFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({ address: letter.address, json: '' });
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const isTemplate = letter.template !== null;
  const replaying = useMutation({
    mutationFn: () => replayLetter(tenant, letter.id, changeOf(letter, draft)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: notificationKeys.letters(tenant) });
      toast('good', `It is on its way to ${draft.address.trim()} again.`);
      onClose();
    },
  });
  const errors = { ...fieldErrorsOf(replaying.error), ...wrong };
  const set = (change: Partial<Draft>) => {
    if (replaying.isError) replaying.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = readObject(draft.json).wrong;
        if (bad === null) replaying.mutate();
        else setWrong({ [isTemplate ? 'data' : 'content']: bad });
      }}
    >
      <p className="modal-text">{capital(reasonWords(letter.reason))}</p>
      {letter.detail !== '' && <Said>{letter.detail}</Said>}
      <ErrorNotice error={replaying.error} shownAtFields={errors} />
      <TextField
        label="Address"
        name="address"
        isRequired
        autoComplete="off"
        value={draft.address}
        onChange={(address) => set({ address })}
      />
      <TextAreaField
        label={isTemplate ? `Other data for ${letter.template}` : 'Another text'}
        name={isTemplate ? 'data' : 'content'}
        rows={5}
        hint={
          isTemplate
            ? 'Empty: as it was. Else all of it: {"order": "A-17"}'
            : 'Empty: as it was. Else {"subject": "…", "text": "…"}'
        }
        value={draft.json}
        onChange={(json) => set({ json })}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={replaying.isPending}>
          Send again
        </Button>
      </ModalActions>
    </Form>
  );
}

interface EditLetterProps {
  letter: NotificationLetter | null;
  onClose: () => void;
}

export function EditLetter({ letter, onClose }: EditLetterProps) {
  return (
    <Modal title="Change it, and send it again" isOpen={letter !== null} onClose={onClose}>
      {letter !== null && <EditForm letter={letter} onClose={onClose} />}
    </Modal>
  );
}
