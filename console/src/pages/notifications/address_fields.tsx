// Whom: a user, or one address.
import type { NotificationTo } from '../../api/notifications';
import { SelectField } from '../../ui/select_field';
import { TextField } from '../../ui/text_field';

export type AddressKind = 'user_id' | 'email' | 'phone';

export interface AddressDraft {
  kind: AddressKind;
  address: string;
}

export const kNoAddress: AddressDraft = { kind: 'user_id', address: '' };

const kKinds: readonly { value: AddressKind; label: string; hint: string }[] = [
  { value: 'user_id', label: 'A user', hint: 'Your own id of the user.' },
  { value: 'email', label: 'A mail address', hint: 'Nobody needs to be kept for it.' },
  { value: 'phone', label: 'A phone number', hint: 'With its country: +43 …' },
];

export function toOf({ kind, address }: AddressDraft): NotificationTo {
  return { [kind]: address.trim() };
}

interface AddressFieldsProps {
  draft: AddressDraft;
  onChange: (draft: AddressDraft) => void;
}

export function AddressFields({ draft, onChange }: AddressFieldsProps) {
  const kind = kKinds.find(({ value }) => value === draft.kind);
  return (
    <div className="pair">
      <SelectField
        label="To"
        value={draft.kind}
        options={kKinds}
        onChange={(value) => onChange({ ...draft, kind: value as AddressKind })}
      />
      <TextField
        label={kind?.label.replace(/^A /, '').replace(/^./, (c) => c.toUpperCase()) ?? ''}
        name="to"
        hint={kind?.hint}
        autoComplete="off"
        isRequired
        value={draft.address}
        onChange={(address) => onChange({ ...draft, address })}
      />
    </div>
  );
}
