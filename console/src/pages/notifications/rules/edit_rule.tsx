import { useQueryClient } from '@tanstack/react-query';
import {
  createRule,
  putRule,
  type NotificationRule,
  type RuleTo,
} from '../../../api/notification_rules';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { SelectField } from '../../../ui/select_field';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { SmallForm } from '../../../ui/small_form';
import { draftOf, kRecipients, namesPlace, ruleOf, wrongIn, type RuleDraft } from './rule_draft';

interface FieldsProps {
  draft: RuleDraft;
  set: (change: Partial<RuleDraft>) => void;
}

function WhenAndWhom({ draft, set }: FieldsProps) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        isRequired
        autoComplete="off"
        value={draft.name}
        onChange={(name) => set({ name })}
      />
      <TextField
        label="Event"
        name="event_type"
        isRequired
        mono
        autoComplete="off"
        hint="order.shipped, all that begin so (order.*), or *"
        value={draft.event_type}
        onChange={(event_type) => set({ event_type })}
      />
      <TextAreaField
        label="Only where"
        name="match"
        rows={3}
        hint={'Empty: always. {"/data/country": {"in": ["AT", "DE"]}}'}
        value={draft.match}
        onChange={(match) => set({ match })}
      />
      <SelectField
        label="Who is told"
        value={draft.to}
        options={kRecipients}
        onChange={(to) => set({ to: to as keyof RuleTo })}
      />
      <TextField
        label={namesPlace(draft.to) ? 'Where the event has it' : 'Which'}
        name={`to/${draft.to}`}
        isRequired
        mono
        autoComplete="off"
        {...(namesPlace(draft.to) ? { hint: 'A JSON pointer: /data/user_id' } : {})}
        value={draft.whom}
        onChange={(whom) => set({ whom })}
      />
    </>
  );
}

function What({ draft, set }: FieldsProps) {
  const templated = draft.template.trim() !== '';
  return (
    <>
      <TextField
        label="Template"
        name="template"
        mono
        autoComplete="off"
        hint="Its key. Empty: the text below."
        value={draft.template}
        onChange={(template) => set({ template })}
      />
      {templated ? (
        <TextAreaField
          label="Data"
          name="data"
          rows={3}
          hint={'Empty: the event\'s own. {"order": {"$at": "/data/id"}}'}
          value={draft.data}
          onChange={(data) => set({ data })}
        />
      ) : (
        <>
          <TextField
            label="Subject"
            name="content/subject"
            autoComplete="off"
            value={draft.subject}
            onChange={(subject) => set({ subject })}
          />
          <TextAreaField
            label="Text"
            name="content/text"
            rows={3}
            isRequired
            value={draft.text}
            onChange={(text) => set({ text })}
          />
        </>
      )}
      <TextField
        label="Category"
        name="category"
        autoComplete="off"
        value={draft.category}
        onChange={(category) => set({ category })}
      />
      <TextField
        label="Channels"
        name="channels"
        autoComplete="off"
        hint="Empty: what reaches them. Else: email, push"
        value={draft.channels}
        onChange={(channels) => set({ channels })}
      />
      <TextField
        label="Seconds after the event"
        name="delay_s"
        inputMode="numeric"
        autoComplete="off"
        value={draft.delay}
        onChange={(delay) => set({ delay })}
      />
    </>
  );
}

interface EditRuleProps {
  /** null: a new one. */
  rule: NotificationRule | null;
  isOpen: boolean;
  onClose: () => void;
}

export function EditRule({ rule, isOpen, onClose }: EditRuleProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const send = (draft: RuleDraft) => {
    const fields = ruleOf(draft, rule);
    return rule === null ? createRule(tenant, fields) : putRule(tenant, rule.id, fields);
  };
  return (
    <Modal
      title={rule === null ? 'New rule' : `Edit ${rule.name}`}
      isOpen={isOpen}
      onClose={onClose}
    >
      {isOpen && (
        <SmallForm
          opened={draftOf(rule)}
          action="Save"
          check={wrongIn}
          send={send}
          onDone={({ name }) => {
            void client.invalidateQueries({ queryKey: notificationKeys.rules(tenant) });
            toast('good', `${name.trim()} holds from the next event on.`);
          }}
          onClose={onClose}
        >
          {(draft, set) => (
            <>
              <WhenAndWhom draft={draft} set={set} />
              <What draft={draft} set={set} />
            </>
          )}
        </SmallForm>
      )}
    </Modal>
  );
}
