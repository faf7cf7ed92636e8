import { useState, type ReactNode } from 'react';
import type { Link } from '../../../api/links';
import { Button } from '../../../ui/button';
import { CheckBox } from '../../../ui/check_box';
import { SelectField } from '../../../ui/select_field';
import { Switch } from '../../../ui/switch';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { statusOptions } from '../link_form_fields';
import { TagsField } from '../tags_field';
import type { PasswordPlan, SettingsDraft } from './settings_draft';
import { kUtmFields, utmOf } from './utm';
import { UtmFields } from './utm_fields';

interface FieldsProps {
  link: Link;
  draft: SettingsDraft;
  errors: Record<string, string>;
  set: (change: Partial<SettingsDraft>) => void;
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="settings-group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

export function TargetFields({ draft, errors, set }: FieldsProps) {
  const [open, setOpen] = useState(() => kUtmFields.some((field) => utmOf(draft.url, field)));
  return (
    <Group title="Target">
      <TextField
        label="Where it leads"
        name="url"
        inputMode="url"
        mono
        isRequired
        autoComplete="off"
        value={draft.url}
        onChange={(url) => set({ url })}
      />
      <Button look="bare" small aria-expanded={open} onPress={() => setOpen(!open)}>
        {open ? '− Campaign parameters' : '+ Campaign parameters (UTM)'}
      </Button>
      {open && <UtmFields url={draft.url} onChange={(url) => set({ url })} />}
      <SelectField
        label="Redirect"
        value={draft.status}
        options={statusOptions}
        error={errors['status']}
        onChange={(status) => set({ status })}
      />
      <CheckBox isSelected={draft.forwardQuery} onChange={(forwardQuery) => set({ forwardQuery })}>
        Forward the visit’s query to the target
      </CheckBox>
      <Switch isSelected={draft.enabled} onChange={(enabled) => set({ enabled })}>
        <span>{draft.enabled ? 'Enabled: it redirects' : 'Disabled: it answers 410 Gone'}</span>
      </Switch>
    </Group>
  );
}

export function LimitFields({ link, draft, set }: FieldsProps) {
  return (
    <Group title="How long, how often">
      <div className="settings-grid">
        <TextField
          label="Valid from"
          name="valid_from"
          type="datetime-local"
          hint="Your local time. Before it: as if it were not there"
          value={draft.validFrom}
          onChange={(validFrom) => set({ validFrom })}
        />
        <TextField
          label="Expires"
          name="expires_at"
          type="datetime-local"
          hint="Your local time. Empty: never"
          value={draft.expiry}
          onChange={(expiry) => set({ expiry })}
        />
        <TextField
          label="Click limit"
          name="max_clicks"
          inputMode="numeric"
          pattern="[0-9]*"
          autoComplete="off"
          placeholder="as many as come"
          hint={
            link.clicks_left === null
              ? 'So many visitors pass, exactly'
              : `${link.clicks_left.toLocaleString('en')} left of ${(link.max_clicks ?? 0).toLocaleString('en')}`
          }
          value={draft.maxClicks}
          onChange={(maxClicks) => set({ maxClicks })}
        />
      </div>
      <TextField
        label="After that it leads to"
        name="expired_url"
        inputMode="url"
        mono
        autoComplete="off"
        placeholder="nowhere: 410 Gone"
        hint="Once it has expired or is used up"
        value={draft.expiredUrl}
        onChange={(expiredUrl) => set({ expiredUrl })}
      />
    </Group>
  );
}

function plansOf(link: Link): { value: PasswordPlan; label: string }[] {
  return link.has_password
    ? [
        { value: 'keep', label: 'Ask for the password it has' },
        { value: 'set', label: 'Ask for another one' },
        { value: 'remove', label: 'Ask for none any more' },
      ]
    : [
        { value: 'keep', label: 'Ask for none' },
        { value: 'set', label: 'Ask for one' },
      ];
}

export function PasswordFields({ link, draft, errors, set }: FieldsProps) {
  const plans = plansOf(link);
  return (
    <Group title="Password">
      <SelectField
        label="Visitors"
        value={draft.passwordPlan}
        options={plans}
        error={draft.passwordPlan === 'set' ? undefined : errors['password']}
        onChange={(value) =>
          set({ passwordPlan: plans.find((plan) => plan.value === value)?.value ?? 'keep' })
        }
      />
      {draft.passwordPlan === 'set' && (
        <TextField
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          isRequired
          minLength={4}
          maxLength={100}
          hint="4 to 100 characters. Nobody can read it again, also not you"
          value={draft.password}
          onChange={(password) => set({ password })}
        />
      )}
    </Group>
  );
}

export function AboutFields({ draft, errors, set }: FieldsProps) {
  return (
    <Group title="For yourselves">
      <div className="settings-grid">
        <TextField
          label="Title"
          name="title"
          maxLength={200}
          autoComplete="off"
          value={draft.title}
          onChange={(title) => set({ title })}
        />
        <TextField
          label="Owner"
          name="owner"
          maxLength={100}
          autoComplete="off"
          hint="In words of your own"
          value={draft.owner}
          onChange={(owner) => set({ owner })}
        />
      </div>
      <TagsField value={draft.tags} error={errors['tags']} onChange={(tags) => set({ tags })} />
      <TextAreaField
        label="Notes"
        name="notes"
        rows={3}
        maxLength={2000}
        value={draft.notes}
        onChange={(notes) => set({ notes })}
      />
      <CheckBox isSelected={draft.archived} onChange={(archived) => set({ archived })}>
        Archived: followed as ever, but no longer in the list
      </CheckBox>
    </Group>
  );
}
