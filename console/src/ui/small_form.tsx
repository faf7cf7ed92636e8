// A dialog of a few fields that are sent together.
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../api/problem';
import { Button } from './button';
import { ModalActions } from './modal';
import { ErrorNotice } from './notice';

interface SmallFormProps<Draft extends object> {
  opened: Draft;
  action: string;
  /** What is wrong before it is sent, by the fields' names. */
  check?: (draft: Draft) => Record<string, string>;
  send: (draft: Draft) => Promise<unknown>;
  onDone: (draft: Draft) => void;
  onClose: () => void;
  children: (draft: Draft, set: (change: Partial<Draft>) => void) => ReactNode;
}

export function SmallForm<Draft extends object>(props: SmallFormProps<Draft>) {
  const [draft, setDraft] = useState(props.opened);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const sending = useMutation({
    mutationFn: () => props.send(draft),
    onSuccess: () => {
      props.onDone(draft);
      props.onClose();
    },
  });
  const errors = { ...fieldErrorsOf(sending.error), ...wrong };
  const set = (change: Partial<Draft>) => {
    if (sending.isError) sending.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = props.check?.(draft) ?? {};
        setWrong(bad);
        if (Object.keys(bad).length === 0) sending.mutate();
      }}
    >
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      {props.children(draft, set)}
      <ModalActions>
        <Button onPress={props.onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          {props.action}
        </Button>
      </ModalActions>
    </Form>
  );
}
