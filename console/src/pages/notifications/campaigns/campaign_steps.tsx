// The steps of a new campaign: what it says, whom, how.
import { Button } from '../../../ui/button';
import { Segmented } from '../../../ui/segmented';
import { SelectField } from '../../../ui/select_field';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { channelOptions } from '../notification_words';
import {
  kNoMessage,
  variantKey,
  type AudienceKind,
  type CampaignDraft,
  type MessageDraft,
} from './campaign_draft';

export interface StepProps {
  draft: CampaignDraft;
  set: (change: Partial<CampaignDraft>) => void;
}

const kMostVariants = 10;
const kSays = [
  { value: 'content', label: 'Own text' },
  { value: 'template', label: 'Template' },
] as const;
const kChannels = channelOptions.filter(({ value }) =>
  ['email', 'sms', 'push', 'inbox'].includes(value),
);
const kAudiences: readonly { value: AudienceKind; label: string }[] = [
  { value: 'everybody', label: 'Everybody' },
  { value: 'segment', label: 'A segment' },
  { value: 'topic', label: 'A topic' },
  { value: 'users', label: 'Users by their ids' },
  { value: 'upload', label: 'A list that is uploaded afterwards' },
];

interface MessageFieldsProps {
  message: MessageDraft;
  /** Of which variant; empty: of all. */
  of: string;
  set: (change: Partial<MessageDraft>) => void;
}

function MessageFields({ message, of, set }: MessageFieldsProps) {
  const named = (label: string) => (of === '' ? label : `${label} of ${of}`);
  return (
    <>
      <Segmented
        label={named('What it says')}
        value={message.says}
        options={kSays}
        onChange={(says) => set({ says })}
      />
      {message.says === 'template' ? (
        <TextField
          label={named('Template')}
          {...(of === '' ? { name: 'template' } : {})}
          mono
          isRequired
          autoComplete="off"
          value={message.template}
          onChange={(template) => set({ template })}
        />
      ) : (
        <>
          <TextField
            label={named('Subject')}
            autoComplete="off"
            value={message.subject}
            onChange={(subject) => set({ subject })}
          />
          <TextAreaField
            label={named('Text')}
            rows={3}
            isRequired
            value={message.text}
            onChange={(text) => set({ text })}
          />
        </>
      )}
    </>
  );
}

function VariantFields({ draft, set }: StepProps) {
  const { variants } = draft;
  const change = (index: number, part: Partial<(typeof variants)[number]>) =>
    set({ variants: variants.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  return variants.map((variant, index) => (
    <div className="variant-fields" key={variantKey(index)}>
      <MessageFields message={variant} of={variantKey(index)} set={(part) => change(index, part)} />
      <TextField
        label={`Share of ${variantKey(index)}`}
        inputMode="numeric"
        autoComplete="off"
        isRequired
        value={variant.weight}
        onChange={(weight) => change(index, { weight })}
      />
    </div>
  ));
}

export function MessageStep({ draft, set }: StepProps) {
  const { variants } = draft;
  const { says, subject, text, template } = draft;
  const add = () => {
    const first = { says, subject, text, template, weight: '1' };
    const empty = { ...kNoMessage, says, weight: '1' };
    set({ variants: variants.length === 0 ? [first, empty] : [...variants, empty] });
  };
  return (
    <>
      <TextField
        label="Name"
        name="name"
        hint="For you."
        isRequired
        autoComplete="off"
        value={draft.name}
        onChange={(name) => set({ name })}
      />
      {variants.length === 0 ? (
        <MessageFields message={draft} of="" set={set} />
      ) : (
        <VariantFields draft={draft} set={set} />
      )}
      <div className="language-actions">
        {variants.length < kMostVariants && (
          <Button small onPress={add}>
            + Variant
          </Button>
        )}
        {variants.length > 0 && (
          <Button
            small
            onPress={() => set({ variants: variants.length > 2 ? variants.slice(0, -1) : [] })}
          >
            − Variant
          </Button>
        )}
      </div>
      {(says === 'template' || variants.some((variant) => variant.says === 'template')) && (
        <TextAreaField
          label="Data"
          name="data"
          rows={3}
          hint={'The same for all: {"percent": 20}'}
          value={draft.data}
          onChange={(data) => set({ data })}
        />
      )}
    </>
  );
}

export function AudienceStep({ draft, set }: StepProps) {
  const { audience } = draft;
  return (
    <>
      <SelectField
        label="For"
        value={audience}
        options={kAudiences}
        onChange={(value) => set({ audience: value as AudienceKind })}
      />
      {(audience === 'topic' || audience === 'segment') && (
        <TextField
          label={audience === 'topic' ? 'Topic' : 'Segment'}
          name="audience"
          mono
          isRequired
          autoComplete="off"
          value={draft.audienceName}
          onChange={(audienceName) => set({ audienceName })}
        />
      )}
      {audience === 'users' && (
        <TextAreaField
          label="Users"
          name="audience"
          rows={6}
          isRequired
          hint="Their ids, with commas, blanks or lines between them."
          value={draft.users}
          onChange={(users) => set({ users })}
        />
      )}
      <div className="pair">
        <SelectField
          label="Channel"
          value={draft.channel}
          options={[{ value: '', label: 'What reaches each' }, ...kChannels]}
          onChange={(channel) => set({ channel })}
        />
        <TextField
          label="Category"
          name="category"
          hint="Wishes, caps and hours hold by it."
          autoComplete="off"
          value={draft.category}
          onChange={(category) => set({ category })}
        />
      </div>
    </>
  );
}

export function PaceStep({ draft, set }: StepProps) {
  return (
    <>
      <div className="pair">
        <TextField
          label="Not before"
          name="send_at"
          type="datetime-local"
          hint="Empty: when it is started."
          value={draft.sendAt}
          onChange={(sendAt) => set({ sendAt })}
        />
        <TextField
          label="Expires"
          name="expires_at"
          type="datetime-local"
          hint="From then on nobody is sent it."
          value={draft.expiresAt}
          onChange={(expiresAt) => set({ expiresAt })}
        />
        <TextField
          label="Sends a second"
          name="pace_per_s"
          inputMode="numeric"
          autoComplete="off"
          hint="Empty: as fast as providers bear."
          value={draft.pace}
          onChange={(pace) => set({ pace })}
        />
      </div>
      <div className="pair">
        <TextField
          label="Stop at so many percent failed"
          name="failed_percent"
          inputMode="numeric"
          autoComplete="off"
          hint="Empty: never."
          value={draft.stopPercent}
          onChange={(stopPercent) => set({ stopPercent })}
        />
        <TextField
          label="Once so many were tried"
          name="after"
          inputMode="numeric"
          autoComplete="off"
          value={draft.stopAfter}
          onChange={(stopAfter) => set({ stopAfter })}
        />
      </div>
    </>
  );
}
