import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../api/problem';
import { Button } from './button';
import { ModalActions } from './modal';
import { ErrorNotice } from './notice';
import { TextField } from './text_field';

/** Times as their inputs give them; empty: no bound. */
export interface Range {
  from: string;
  to: string;
}

type Bound = 'from' | 'to';

interface FilterFormProps<Draft extends Range, Result> {
  empty: Draft;
  /** What happens to what fits. */
  text: string;
  /** On the button. */
  action: string;
  bounds: Record<Bound, { label: string; name: string; hint: string }>;
  run: (draft: Draft) => Promise<Result>;
  onDone: (result: Result) => Promise<void>;
  onClose: () => void;
  /** The fields before those of time. */
  children: (
    draft: Draft,
    set: (change: Partial<Draft>) => void,
    errors: Record<string, string>,
  ) => ReactNode;
}

/** Asks which of many, since and before when, and does it with them. */
export function FilterForm<Draft extends Range, Result>(props: FilterFormProps<Draft, Result>) {
  const [draft, setDraft] = useState(props.empty);
  const running = useMutation({
    mutationFn: () => props.run(draft),
    onSuccess: async (result) => {
      await props.onDone(result);
      props.onClose();
    },
  });
  const errors = fieldErrorsOf(running.error);
  const set = (change: Partial<Draft>) => {
    if (running.isError) running.reset();
    setDraft((old) => ({ ...old, ...change }));
  };
  const bounds: Bound[] = ['from', 'to'];
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        running.mutate();
      }}
    >
      <p className="modal-text">{props.text}</p>
      <ErrorNotice error={running.error} shownAtFields={errors} />
      {props.children(draft, set, errors)}
      {bounds.map((bound) => (
        <TextField
          key={bound}
          {...props.bounds[bound]}
          type="datetime-local"
          value={draft[bound]}
          onChange={(time) => set({ [bound]: time } as Partial<Draft>)}
        />
      ))}
      <ModalActions>
        <Button onPress={props.onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={running.isPending}>
          {props.action}
        </Button>
      </ModalActions>
    </Form>
  );
}
