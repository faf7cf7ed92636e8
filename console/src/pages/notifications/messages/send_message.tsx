import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { sendNotification, type Channel, type NewNotification } from '../../../api/notifications';
import { fieldErrorsOf } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { Segmented } from '../../../ui/segmented';
import { SelectField } from '../../../ui/select_field';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { AddressFields, kNoAddress, toOf, type AddressDraft } from '../address_fields';
import { readObject } from '../json_field';
import { notificationKeys } from '../notification_keys';
import { channelOptions } from '../notification_words';
import { places } from '../places';

interface Draft {
  to: AddressDraft;
  says: 'content' | 'template';
  subject: string;
  text: string;
  template: string;
  data: string;
  category: string;
  channel: string;
}

const kEmpty: Draft = {
  to: kNoAddress,
  says: 'content',
  subject: '',
  text: '',
  template: '',
  data: '',
  category: '',
  channel: '',
};

const kSays = [
  { value: 'content', label: 'Own text' },
  { value: 'template', label: 'Template' },
] as const;

function notificationOf(draft: Draft): NewNotification {
  const { category, channel } = draft;
  const shared = {
    to: toOf(draft.to),
    ...(category.trim() === '' ? {} : { category: category.trim() }),
    ...(channel === '' ? {} : { channels: [channel as Channel] }),
  };
  if (draft.says === 'template') {
    const data = readObject(draft.data).value;
    return { ...shared, template: draft.template.trim(), ...(data === undefined ? {} : { data }) };
  }
  const subject = draft.subject.trim();
  return { ...shared, content: { ...(subject === '' ? {} : { subject }), text: draft.text } };
}

interface PartProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}

function OwnText({ draft, onChange }: PartProps) {
  return (
    <>
      <TextField
        label="Subject"
        name="subject"
        hint="Of a mail; the title of a push and in the inbox."
        autoComplete="off"
        value={draft.subject}
        onChange={(subject) => onChange({ subject })}
      />
      <TextAreaField
        label="Text"
        name="text"
        rows={4}
        isRequired
        value={draft.text}
        onChange={(text) => onChange({ text })}
      />
    </>
  );
}

function OfTemplate({ draft, onChange }: PartProps) {
  return (
    <>
      <TextField
        label="Template"
        name="template"
        mono
        autoComplete="off"
        isRequired
        value={draft.template}
        onChange={(template) => onChange({ template })}
      />
      <TextAreaField
        label="Data"
        name="data"
        rows={4}
        hint={'What its fields are: {"order": "A-17"}'}
        value={draft.data}
        onChange={(data) => onChange({ data })}
      />
    </>
  );
}

function SendForm({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(kEmpty);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const sending = useMutation({
    mutationFn: () => sendNotification(tenant, notificationOf(draft)),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: notificationKeys.all(tenant) });
      onClose();
      go(places.message(id));
    },
  });
  const errors = {
    ...fieldErrorsOf(sending.error, { recipient_not_found: 'to', template_not_found: 'template' }),
    ...wrong,
  };
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
        const bad = draft.says === 'template' ? readObject(draft.data).wrong : null;
        if (bad === null) sending.mutate();
        else setWrong({ data: bad });
      }}
    >
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      <AddressFields draft={draft.to} onChange={(to) => set({ to })} />
      <Segmented
        label="What it says"
        value={draft.says}
        options={kSays}
        onChange={(says) => set({ says })}
      />
      {draft.says === 'content' ? (
        <OwnText draft={draft} onChange={set} />
      ) : (
        <OfTemplate draft={draft} onChange={set} />
      )}
      <div className="pair">
        <SelectField
          label="Channel"
          value={draft.channel}
          options={[{ value: '', label: 'Chosen' }, ...channelOptions]}
          onChange={(channel) => set({ channel })}
        />
        <TextField
          label="Category"
          name="category"
          hint="None: no caps and windows; the recipient’s wishes and quiet hours hold."
          autoComplete="off"
          value={draft.category}
          onChange={(category) => set({ category })}
        />
      </div>
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          Send
        </Button>
      </ModalActions>
    </Form>
  );
}

export function SendMessage({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="Send a notification" isOpen={isOpen} onClose={onClose}>
      {isOpen && <SendForm onClose={onClose} />}
    </Modal>
  );
}
