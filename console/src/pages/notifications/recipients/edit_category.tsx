import { useQueryClient } from '@tanstack/react-query';
import { putCategory, type Category, type CategoryFields } from '../../../api/audiences';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { Switch } from '../../../ui/switch';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { readJson } from '../json_field';
import { notificationKeys } from '../notification_keys';
import { SmallForm } from '../../../ui/small_form';

const kJson = [
  { name: 'caps', label: 'Caps', hint: '[{"max": 3, "per": "week"}]: at most so many.' },
  { name: 'send_window', label: 'Send window', hint: '{"from": "09:00", "to": "19:00"}' },
  { name: 'digest', label: 'Digest', hint: '{"after_s": 3600} or {"at": "17:00"}' },
  { name: 'channels', label: 'Channels', hint: 'What who never chose gets: {"sms": false}' },
] as const;
type JsonName = (typeof kJson)[number]['name'];

type Draft = Record<JsonName | 'name' | 'title' | 'description', string> & { critical: boolean };

function draftOf(category: Category | null): Draft {
  const json = (value: unknown) =>
    value === null || value === undefined ? '' : JSON.stringify(value);
  return {
    name: category?.name ?? '',
    title: category?.title ?? '',
    description: category?.description ?? '',
    critical: category?.critical ?? false,
    caps: json(category?.caps),
    send_window: json(category?.send_window),
    digest: json(category?.digest),
    channels: json(category?.channels),
  };
}

function wrongJson(draft: Draft): Record<string, string> {
  const wrong = kJson.map(({ name }) => [name, readJson(draft[name]).wrong] as const);
  return Object.fromEntries(
    wrong.filter((entry): entry is [JsonName, string] => entry[1] !== null),
  );
}

function fieldsOf(draft: Draft): CategoryFields {
  const json = (name: JsonName) => readJson(draft[name]).value ?? null;
  return {
    title: draft.title.trim(),
    description: draft.description.trim() === '' ? null : draft.description.trim(),
    critical: draft.critical,
    caps: json('caps'),
    send_window: json('send_window'),
    digest: json('digest'),
    channels: json('channels') as CategoryFields['channels'],
  };
}

interface EditCategoryProps {
  /** null: a new one. */
  category: Category | null;
  isOpen: boolean;
  onClose: () => void;
}

interface FieldsProps {
  isNew: boolean;
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function Fields({ isNew, draft, set }: FieldsProps) {
  return (
    <>
      {isNew && (
        <TextField
          label="Name"
          name="name"
          hint="As messages have it: offers."
          isRequired
          mono
          autoComplete="off"
          value={draft.name}
          onChange={(name) => set({ name })}
        />
      )}
      <TextField
        label="Title"
        name="title"
        hint="What readers see on their page."
        isRequired
        autoComplete="off"
        value={draft.title}
        onChange={(title) => set({ title })}
      />
      <TextField
        label="Description"
        name="description"
        autoComplete="off"
        value={draft.description}
        onChange={(description) => set({ description })}
      />
      <Switch isSelected={draft.critical} onChange={(critical) => set({ critical })}>
        <span>Critical: goes whatever is wished, at all hours</span>
      </Switch>
      {kJson.map(({ name, label, hint }) => (
        <TextAreaField
          key={name}
          label={label}
          name={name}
          rows={2}
          hint={hint}
          value={draft[name]}
          onChange={(text) => set({ [name]: text })}
        />
      ))}
    </>
  );
}

export function EditCategory({ category, isOpen, onClose }: EditCategoryProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <Modal
      title={category === null ? 'New category' : `Edit ${category.name}`}
      isOpen={isOpen}
      onClose={onClose}
    >
      {isOpen && (
        <SmallForm
          opened={draftOf(category)}
          action="Save"
          check={wrongJson}
          send={(draft) => putCategory(tenant, draft.name.trim(), fieldsOf(draft))}
          onDone={({ name }) => {
            void client.invalidateQueries({ queryKey: notificationKeys.categories(tenant) });
            toast('good', `${name.trim()} is kept.`);
          }}
          onClose={onClose}
        >
          {(draft, set) => <Fields isNew={category === null} draft={draft} set={set} />}
        </SmallForm>
      )}
    </Modal>
  );
}
