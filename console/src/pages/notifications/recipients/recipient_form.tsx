import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../../api/problem';
import { Button } from '../../../ui/button';
import { ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { wrongJson, type RecipientDraft } from './recipient_draft';

const kTexts = [
  { name: 'email', label: 'Mail address', hint: undefined },
  { name: 'phone', label: 'Phone', hint: 'With its country: +43 …' },
  { name: 'name', label: 'Name', hint: undefined },
  { name: 'locale', label: 'Language', hint: 'de-AT' },
  { name: 'time_zone', label: 'Time zone', hint: 'Europe/Vienna. Empty: UTC.' },
] as const;

interface RecipientFormProps<T> {
  opened: RecipientDraft;
  action: string;
  /** Before the others: the id of a new one. */
  children?: ReactNode;
  send: (draft: RecipientDraft) => Promise<T>;
  onDone: (answer: T) => void;
  onClose: () => void;
}

export function RecipientForm<T>({ opened, action, ...props }: RecipientFormProps<T>) {
  const [draft, setDraft] = useState(opened);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const sending = useMutation({
    mutationFn: () => props.send(draft),
    onSuccess: props.onDone,
  });
  const errors = { ...fieldErrorsOf(sending.error), ...wrong };
  const set = (change: Partial<RecipientDraft>) => {
    if (sending.isError) sending.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = wrongJson(draft);
        setWrong(bad);
        if (Object.keys(bad).length === 0) sending.mutate();
      }}
    >
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      {props.children}
      <div className="pair">
        {kTexts.map(({ name, label, hint }) => (
          <TextField
            key={name}
            label={label}
            name={name}
            hint={hint}
            autoComplete="off"
            value={draft[name]}
            onChange={(text) => set({ [name]: text })}
          />
        ))}
      </div>
      <TextAreaField
        label="Quiet hours"
        name="quiet_hours"
        rows={3}
        hint={'{"from": "22:00", "to": "07:00"}, or a list of such.'}
        value={draft.quiet_hours}
        onChange={(quiet_hours) => set({ quiet_hours })}
      />
      <TextAreaField
        label="Attributes"
        name="attributes"
        rows={4}
        hint={'For segments and templates: {"plan": "pro"}'}
        value={draft.attributes}
        onChange={(attributes) => set({ attributes })}
      />
      <ModalActions>
        <Button onPress={props.onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          {action}
        </Button>
      </ModalActions>
    </Form>
  );
}
