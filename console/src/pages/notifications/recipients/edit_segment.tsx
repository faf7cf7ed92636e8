import { useQueryClient } from '@tanstack/react-query';
import { putSegment, type Segment } from '../../../api/audiences';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { readObject } from '../json_field';
import { notificationKeys } from '../notification_keys';
import { SmallForm } from '../../../ui/small_form';

interface EditSegmentProps {
  /** null: a new one. */
  segment: Segment | null;
  isOpen: boolean;
  onClose: () => void;
}

export function EditSegment({ segment, isOpen, onClose }: EditSegmentProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const opened = {
    name: segment?.name ?? '',
    description: segment?.description ?? '',
    where: segment === null ? '' : JSON.stringify(segment.where, null, 2),
  };
  return (
    <Modal
      title={segment === null ? 'New segment' : `Edit ${segment.name}`}
      isOpen={isOpen}
      onClose={onClose}
    >
      {isOpen && (
        <SmallForm
          opened={opened}
          action="Save"
          check={({ where }) => {
            const { wrong } = readObject(where);
            return wrong === null ? {} : { where: wrong };
          }}
          send={({ name, description, where }) =>
            putSegment(tenant, name.trim(), {
              where: readObject(where).value ?? {},
              description: description.trim() === '' ? null : description.trim(),
            })
          }
          onDone={({ name }) => {
            void client.invalidateQueries({ queryKey: notificationKeys.segments(tenant) });
            toast('good', `${name.trim()} is kept.`);
          }}
          onClose={onClose}
        >
          {(draft, set) => (
            <>
              {segment === null && (
                <TextField
                  label="Name"
                  name="name"
                  isRequired
                  mono
                  autoComplete="off"
                  value={draft.name}
                  onChange={(name) => set({ name })}
                />
              )}
              <TextField
                label="Description"
                name="description"
                autoComplete="off"
                value={draft.description}
                onChange={(description) => set({ description })}
              />
              <TextAreaField
                label="Who"
                name="where"
                rows={5}
                isRequired
                hint={
                  'All must hold: {"locale": {"prefix": "de"}, "attributes.plan": {"in": ["pro"]}}'
                }
                value={draft.where}
                onChange={(where) => set({ where })}
              />
            </>
          )}
        </SmallForm>
      )}
    </Modal>
  );
}
