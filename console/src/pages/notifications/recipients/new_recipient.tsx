import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { putRecipient } from '../../../api/recipients';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { TextField } from '../../../ui/text_field';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { fieldsOf, kNewRecipient, type RecipientDraft } from './recipient_draft';
import { RecipientForm } from './recipient_form';

/** Quiet hours that are left out stay, where somebody of this id is there already. */
function givenOf(draft: RecipientDraft) {
  const { quiet_hours: hours, ...fields } = fieldsOf(draft, null);
  return hours === null ? fields : { ...fields, quiet_hours: hours };
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [user, setUser] = useState('');
  return (
    <RecipientForm
      opened={kNewRecipient}
      action="Keep recipient"
      send={(draft) => putRecipient(tenant, user.trim(), givenOf(draft))}
      onDone={({ user_id: id }) => {
        void client.invalidateQueries({ queryKey: notificationKeys.recipients(tenant) });
        onClose();
        go(places.recipient(id));
      }}
      onClose={onClose}
    >
      <TextField
        label="User"
        name="user_id"
        hint="Your own id of the user. One who is there already is replaced."
        isRequired
        autoComplete="off"
        value={user}
        onChange={setUser}
      />
    </RecipientForm>
  );
}

export function NewRecipient({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New recipient" isOpen={isOpen} onClose={onClose}>
      {isOpen && <CreateForm onClose={onClose} />}
    </Modal>
  );
}
