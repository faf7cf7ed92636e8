import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createProvider } from '../../../api/notification_providers';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { SelectField } from '../../../ui/select_field';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { newDraft, newProviderOf } from './provider_draft';
import { ProviderForm } from './provider_form';
import { kKinds, kindOf } from './provider_kinds';

function CreateForm({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [type, setType] = useState('smtp');
  const kind = kindOf(type);
  if (kind === undefined) return null;
  return (
    <>
      <SelectField
        label="Kind"
        value={type}
        options={kKinds.map(({ type: value, label }) => ({ value, label }))}
        onChange={setType}
      />
      <ProviderForm
        key={type}
        kind={kind}
        opened={newDraft(kind)}
        secrets={[]}
        action="Add provider"
        send={(draft) => createProvider(tenant, newProviderOf(draft, kind))}
        onDone={({ id }) => {
          void client.invalidateQueries({ queryKey: notificationKeys.providers(tenant) });
          void client.invalidateQueries({ queryKey: notificationKeys.healths(tenant) });
          onClose();
          go(places.provider(id));
        }}
        onClose={onClose}
      />
    </>
  );
}

export function CreateProvider({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New provider" isOpen={isOpen} onClose={onClose}>
      {isOpen && <CreateForm onClose={onClose} />}
    </Modal>
  );
}
