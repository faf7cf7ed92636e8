import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../../api/problem';
import { ChangeError } from '../change_error';
import type { Fresh } from '../fresh_link';
import { useLinkChange } from '../use_link_change';
import { AboutFields, LimitFields, PasswordFields, TargetFields } from './settings_fields';
import { SaveBar } from './save_bar';
import { changesOf, draftOf, type SettingsDraft } from './settings_draft';
import './settings_form.css';

export function SettingsForm({ fresh }: { fresh: Fresh }) {
  const link = fresh.answer.data;
  const [draft, setDraft] = useState(() => draftOf(link));
  const changes = changesOf(link, draft);
  const { saving, stale, edited } = useLinkChange(fresh);
  const errors = fieldErrorsOf(saving.error);
  const set = (change: Partial<SettingsDraft>) => {
    edited();
    setDraft((old) => ({ ...old, ...change }));
  };
  const fields = { link, draft, errors, set };
  const isChanged = Object.keys(changes).length > 0;

  return (
    <Form
      className="settings-form"
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) saving.mutate(changes);
      }}
    >
      <TargetFields {...fields} />
      <LimitFields {...fields} />
      <PasswordFields {...fields} />
      <AboutFields {...fields} />
      <ChangeError
        error={saving.error}
        stale={stale}
        shownAtFields={errors}
        onReload={fresh.onReload}
      />
      <SaveBar
        isChanged={isChanged}
        isPending={saving.isPending}
        onReset={() => {
          saving.reset();
          setDraft(draftOf(link));
        }}
      />
    </Form>
  );
}
