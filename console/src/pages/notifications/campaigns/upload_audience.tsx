import { useQueryClient } from '@tanstack/react-query';
import { uploadAudience } from '../../../api/campaigns';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { TextAreaField } from '../../../ui/text_area_field';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { SmallForm } from '../../../ui/small_form';

interface UploadProps {
  campaign: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Several uploads append; who is in two of them is told once. */
export function UploadAudience({ campaign, isOpen, onClose }: UploadProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const send = async ({ lines }: { lines: string }) => {
    const accepted = await uploadAudience(tenant, campaign, lines);
    toast('good', `${formatCount(accepted)} lines were taken.`);
  };
  return (
    <Modal title="Upload its audience" isOpen={isOpen} onClose={onClose} wide>
      {isOpen && (
        <SmallForm
          opened={{ lines: '' }}
          action="Upload"
          send={send}
          onDone={() =>
            void client.invalidateQueries({ queryKey: notificationKeys.campaigns(tenant) })
          }
          onClose={onClose}
        >
          {(draft, set) => (
            <div className="code-area">
              <TextAreaField
                label="Lines"
                name="lines"
                rows={12}
                isRequired
                hint={'A user’s id a line; or {"email": "ann@example.com", "data": {…}} a line.'}
                value={draft.lines}
                onChange={(lines) => set({ lines })}
              />
            </div>
          )}
        </SmallForm>
      )}
    </Modal>
  );
}
