import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Answer } from '../../../api/http';
import { updateRecipient, type Recipient } from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { draftOf, fieldsOf } from './recipient_draft';
import { RecipientForm } from './recipient_form';

interface EditProps {
  answer: Answer<Recipient>;
  onClose: () => void;
}

function EditForm({ answer, onClose }: EditProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  // Fixed when the dialog opens: the etag must be that of the values which the person saw.
  const [{ data: recipient, etag }] = useState(answer);
  const before = draftOf(recipient);
  return (
    <RecipientForm
      opened={before}
      action="Save"
      send={(draft) => updateRecipient(tenant, recipient.user_id, fieldsOf(draft, before), etag)}
      onDone={() => {
        void client.invalidateQueries({ queryKey: notificationKeys.recipients(tenant) });
        toast('good', 'Saved.');
        onClose();
      }}
      onClose={onClose}
    />
  );
}

export function EditRecipient({ isOpen, ...props }: EditProps & { isOpen: boolean }) {
  return (
    <Modal title={`Edit ${props.answer.data.user_id}`} isOpen={isOpen} onClose={props.onClose}>
      {isOpen && <EditForm {...props} />}
    </Modal>
  );
}
