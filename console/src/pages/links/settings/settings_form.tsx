import { useRef } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../../api/problem';
import { useFieldTrouble } from '../../../lib/use_field_trouble';
import { ChangeError } from '../change_error';
import type { Fresh } from '../fresh_link';
import { useLinkDraft } from '../use_link_draft';
import { AboutFields, LimitFields, PasswordFields, TargetFields } from './settings_fields';
import { SaveBar } from './save_bar';
import { changesOf, draftOf, type SettingsDraft } from './settings_draft';
import './settings_form.css';

const kForm = { part: 'settings', draftOf, changesOf };

export function SettingsForm({ fresh }: { fresh: Fresh }) {
  const { link, draft, changes, isChanged, saving, ...form } = useLinkDraft(fresh, kForm);
  const errors = fieldErrorsOf(saving.error);
  const place = useRef<HTMLFormElement>(null);
  const trouble = useFieldTrouble(place, saving.error, errors);
  const set = (change: Partial<SettingsDraft>) => {
    trouble.edited();
    form.set(change);
  };
  const fields = { link, draft, errors, set };

  return (
    <Form
      ref={place}
      className="settings-form"
      validationErrors={errors}
      onInvalid={trouble.onInvalid}
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
        stale={form.stale}
        shownAtFields={errors}
        onReload={form.reload}
      />
      <SaveBar
        isChanged={isChanged}
        isPending={saving.isPending}
        isTrouble={trouble.isTrouble}
        onReset={form.undo}
      />
    </Form>
  );
}
