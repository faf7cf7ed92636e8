import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { Button } from '../../ui/button';
import { ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import {
  formatOptions,
  signatureOptions,
  toFormat,
  toSignature,
  wrongNumbers,
  type WebhookDraft,
} from './webhook_draft';

const kFolded = ['format', 'ordered', 'rate_per_s', 'max_running', 'signature'];

interface FieldsProps {
  draft: WebhookDraft;
  onChange: (change: Partial<WebhookDraft>) => void;
}

function Fields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        label="Address"
        name="url"
        type="text"
        inputMode="url"
        autoComplete="off"
        placeholder="https://example.com/hooks"
        hint="Events are sent there by POST. Private and loopback addresses are refused."
        isRequired
        mono
        value={draft.url}
        onChange={(url) => onChange({ url })}
      />
      <TextField
        label="Event types"
        name="event_types"
        autoComplete="off"
        placeholder="link.created, link.*"
        hint="With commas between them; link.* is all of links, * is all there are."
        isRequired
        mono
        value={draft.types}
        onChange={(types) => onChange({ types })}
      />
      <TextField
        label="Description"
        name="description"
        autoComplete="off"
        hint="For you: whose is it?"
        value={draft.description}
        onChange={(description) => onChange({ description })}
      />
    </>
  );
}

function MoreFields({ draft, onChange, isNew }: FieldsProps & { isNew: boolean }) {
  return (
    <>
      {isNew && (
        <SelectField
          label="Signature"
          value={draft.signature}
          options={signatureOptions}
          onChange={(signature) => onChange({ signature: toSignature(signature) })}
        />
      )}
      <SelectField
        label="Body"
        value={draft.format}
        options={formatOptions}
        onChange={(format) => onChange({ format: toFormat(format) })}
      />
      <Switch isSelected={draft.ordered} onChange={(ordered) => onChange({ ordered })}>
        <span>
          {draft.ordered ? 'In order: later ones wait for a failing one' : 'In any order'}
        </span>
      </Switch>
      <TextField
        label="Deliveries a second"
        name="rate_per_s"
        inputMode="decimal"
        autoComplete="off"
        hint="Empty: no limit."
        value={draft.rate}
        onChange={(rate) => onChange({ rate })}
      />
      <TextField
        label="Most at once"
        name="max_running"
        inputMode="numeric"
        autoComplete="off"
        value={draft.most}
        onChange={(most) => onChange({ most })}
      />
    </>
  );
}

interface WebhookFormProps<T> {
  opened: WebhookDraft;
  isNew: boolean;
  /** The word on the button. */
  action: string;
  send: (draft: WebhookDraft) => Promise<T>;
  onDone: (answer: T) => void;
  onClose: () => void;
}

export function WebhookForm<T>({ opened, isNew, action, send, ...props }: WebhookFormProps<T>) {
  const [draft, setDraft] = useState(opened);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [more, setMore] = useState(false);
  const sending = useMutation({
    mutationFn: () => send(draft),
    // The answer may hold a secret: it is handed on and kept nowhere else.
    gcTime: 0,
    onSuccess: props.onDone,
    onError: (error) => {
      // A message at a field that is folded away would be seen by nobody.
      if (Object.keys(fieldErrorsOf(error)).some((name) => kFolded.includes(name))) setMore(true);
    },
  });
  const errors = { ...fieldErrorsOf(sending.error), ...wrong };
  const change = (part: Partial<WebhookDraft>) => {
    if (sending.isError) sending.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...part }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = wrongNumbers(draft);
        setWrong(bad);
        if (Object.keys(bad).length === 0) sending.mutate();
      }}
    >
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      <Fields draft={draft} onChange={change} />
      <Button
        look="bare"
        small
        preventFocusOnPress
        onPress={() => setMore(!more)}
        aria-expanded={more}
      >
        {more ? '− Fewer options' : '+ Body, order, rate'}
      </Button>
      {more && <MoreFields draft={draft} onChange={change} isNew={isNew} />}
      <ModalActions>
        <Button onPress={props.onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          {action}
        </Button>
      </ModalActions>
    </Form>
  );
}
