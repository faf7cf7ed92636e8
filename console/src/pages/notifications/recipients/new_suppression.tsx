import { useQueryClient } from '@tanstack/react-query';
import { addSuppression } from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { SelectField } from '../../../ui/select_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { channelOptions } from '../notification_words';
import { SmallForm } from '../../../ui/small_form';

const kEmpty = { channel: 'email', address: '', category: '', detail: '' };

export function NewSuppression({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const send = ({ channel, address, category, detail }: typeof kEmpty) =>
    addSuppression(tenant, {
      channel,
      address: address.trim(),
      ...(category.trim() === '' ? {} : { category: category.trim() }),
      ...(detail.trim() === '' ? {} : { detail: detail.trim() }),
    });
  return (
    <Modal title="Suppress an address" isOpen={isOpen} onClose={onClose}>
      {isOpen && (
        <SmallForm
          opened={kEmpty}
          action="Suppress"
          send={send}
          onDone={({ address }) => {
            void client.invalidateQueries({ queryKey: notificationKeys.suppressions(tenant) });
            toast('good', `Nothing goes to ${address.trim()} any more.`);
          }}
          onClose={onClose}
        >
          {(draft, set) => (
            <>
              <SelectField
                label="Channel"
                value={draft.channel}
                options={channelOptions}
                onChange={(channel) => set({ channel })}
              />
              <TextField
                label="Address"
                name="address"
                isRequired
                autoComplete="off"
                value={draft.address}
                onChange={(address) => set({ address })}
              />
              <TextField
                label="Category"
                name="category"
                hint="Empty: nothing at all goes there."
                autoComplete="off"
                value={draft.category}
                onChange={(category) => set({ category })}
              />
              <TextField
                label="Why"
                name="detail"
                hint="For you."
                autoComplete="off"
                value={draft.detail}
                onChange={(detail) => set({ detail })}
              />
            </>
          )}
        </SmallForm>
      )}
    </Modal>
  );
}
