import { TextField } from '../../ui/text_field';

export interface WebhookDraft {
  url: string;
  types: string;
  description: string;
}

interface WebhookFieldsProps {
  draft: WebhookDraft;
  onChange: (change: Partial<WebhookDraft>) => void;
}

/** What a new webhook and a changed one have in common. */
export function WebhookFields({ draft, onChange }: WebhookFieldsProps) {
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
