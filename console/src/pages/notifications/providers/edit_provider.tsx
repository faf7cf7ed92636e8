import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { updateProvider, type NotificationProvider } from '../../../api/notification_providers';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { changeOf, draftOf } from './provider_draft';
import { ProviderForm } from './provider_form';
import { kindOf } from './provider_kinds';

interface EditProps {
  provider: NotificationProvider;
  onClose: () => void;
}

function EditForm({ provider, onClose }: EditProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  // Fixed when the dialog opens: what changes meanwhile is not what the person saw.
  const [before] = useState(() => draftOf(provider));
  const kind = kindOf(provider.type);
  if (kind === undefined) return <p>This kind has no form here.</p>;
  return (
    <ProviderForm
      kind={kind}
      opened={before}
      secrets={provider.secrets}
      action="Save"
      send={(draft) => updateProvider(tenant, provider.id, changeOf(draft, kind, before))}
      onDone={() => {
        void client.invalidateQueries({ queryKey: notificationKeys.providers(tenant) });
        void client.invalidateQueries({ queryKey: notificationKeys.healths(tenant) });
        toast('good', 'Saved. It holds from the next attempt on.');
        onClose();
      }}
      onClose={onClose}
    />
  );
}

export function EditProvider({ isOpen, ...props }: EditProps & { isOpen: boolean }) {
  return (
    <Modal title={`Edit ${props.provider.name}`} isOpen={isOpen} onClose={props.onClose}>
      {isOpen && <EditForm {...props} />}
    </Modal>
  );
}
