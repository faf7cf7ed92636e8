import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { ApiError } from '../../../api/problem';
import { Button } from '../../../ui/button';
import { ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { SelectField } from '../../../ui/select_field';
import { Switch } from '../../../ui/switch';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { wrongNumbers, type ProviderDraft } from './provider_draft';
import { isSecret, type KindField, type ProviderKind } from './provider_kinds';

/** By the form's names: "/dkim/domain" and "/settings/dkim/domain" are "dkim.domain". */
function errorsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const entries = error.problem.errors.map(({ field, reason, detail }) => [
    field.replace(/^\/(settings\/)?/, '').replaceAll('/', '.'),
    detail || reason,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

interface SettingProps {
  field: KindField;
  value: string;
  /** A secret that is kept: it need not be given again. */
  isKept: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}

function Setting({ field, value, isKept, error, onChange }: SettingProps) {
  const { name, label, input } = field;
  if (input === 'switch') {
    return (
      <Switch isSelected={value === 'true'} onChange={(on) => onChange(String(on))}>
        <span>{label}</span>
      </Switch>
    );
  }
  if (typeof input !== 'string') {
    return (
      <SelectField label={label} error={error} value={value} options={input} onChange={onChange} />
    );
  }
  const hint = isKept ? 'Set. Empty: it stays as it is.' : field.hint;
  const shared = {
    label,
    name,
    value,
    onChange,
    hint,
    autoComplete: 'off',
    isRequired: field.required === true && !isKept,
  };
  if (input === 'area' || input === 'secret-area') {
    return (
      <div className="pair-whole">
        <TextAreaField {...shared} rows={4} />
      </div>
    );
  }
  return (
    <TextField
      {...shared}
      type={input === 'secret' ? 'password' : 'text'}
      autoComplete={input === 'secret' ? 'new-password' : 'off'}
      inputMode={input === 'number' ? 'numeric' : 'text'}
    />
  );
}

interface CommonProps {
  draft: ProviderDraft;
  onChange: (change: Partial<ProviderDraft>) => void;
}

function Common({ draft, onChange }: CommonProps) {
  const number = (
    member: 'weight' | 'priority' | 'pace' | 'most',
    name: string,
    label: string,
    hint: string,
  ) => (
    <TextField
      label={label}
      name={name}
      hint={hint}
      inputMode="decimal"
      autoComplete="off"
      value={draft[member]}
      onChange={(value) => onChange({ [member]: value })}
    />
  );
  return (
    <div className="pair">
      {number('priority', 'priority', 'Priority', 'The lowest goes first.')}
      {number('weight', 'weight', 'Weight', 'Its share among those of one priority.')}
      {number('pace', 'pace_per_s', 'Sends a second', 'Empty: no limit.')}
      {number('most', 'max_running', 'Most at once', 'Sends under way.')}
      <TextField
        label="Project"
        name="project"
        hint="Those of one share its pace."
        autoComplete="off"
        value={draft.project}
        onChange={(project) => onChange({ project })}
      />
    </div>
  );
}

interface ProviderFormProps<T> {
  kind: ProviderKind;
  opened: ProviderDraft;
  /** Names of the secrets that are set. */
  secrets: readonly string[];
  action: string;
  send: (draft: ProviderDraft) => Promise<T>;
  onDone: (answer: T) => void;
  onClose: () => void;
}

export function ProviderForm<T>({ kind, opened, secrets, ...props }: ProviderFormProps<T>) {
  const [draft, setDraft] = useState(opened);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [more, setMore] = useState(false);
  // What is sent may hold secrets: it is kept nowhere.
  const sending = useMutation({
    mutationFn: () => props.send(draft),
    gcTime: 0,
    onSuccess: props.onDone,
    onError: () => setMore(true),
  });
  const errors = { ...errorsOf(sending.error), ...wrong };
  const change = (part: Partial<ProviderDraft>) => {
    if (sending.isError) sending.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...part }));
  };
  const settings = (rare: boolean) =>
    kind.fields
      .filter((field) => (field.rare === true) === rare)
      .map((field) => (
        <Setting
          key={field.name}
          field={field}
          value={draft.settings[field.name] ?? ''}
          isKept={isSecret(field) && secrets.includes(field.name.split('.')[0] ?? '')}
          error={errors[field.name]}
          onChange={(value) => change({ settings: { ...draft.settings, [field.name]: value } })}
        />
      ));
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = wrongNumbers(draft, kind);
        setWrong(bad);
        if (Object.keys(bad).length === 0) sending.mutate();
        else setMore(true);
      }}
    >
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      <TextField
        label="Name"
        name="name"
        hint="For you."
        isRequired
        autoComplete="off"
        value={draft.name}
        onChange={(name) => change({ name })}
      />
      <div className="pair">{settings(false)}</div>
      <Button
        look="bare"
        small
        preventFocusOnPress
        onPress={() => setMore(!more)}
        aria-expanded={more}
      >
        {more ? '− Fewer options' : '+ Order, pace and more'}
      </Button>
      {more && (
        <>
          <Common draft={draft} onChange={change} />
          <div className="pair">{settings(true)}</div>
        </>
      )}
      <ModalActions>
        <Button onPress={props.onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          {props.action}
        </Button>
      </ModalActions>
    </Form>
  );
}
