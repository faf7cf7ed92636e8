import { useQueryClient } from '@tanstack/react-query';
import { addMembers } from '../../../api/audiences';
import { formatCount } from '../../../lib/numbers';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Modal } from '../../../ui/modal';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { SmallForm } from '../../../ui/small_form';

/** The most that a call takes. */
const kMostAtOnce = 1_000;

export function idsOf(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

async function addAll(tenant: string, topic: string, users: string[]): Promise<void> {
  let added = 0;
  for (let i = 0; i < users.length; i += kMostAtOnce) {
    added += await addMembers(tenant, topic, users.slice(i, i + kMostAtOnce));
  }
  toast('good', `${formatCount(added)} put into ${topic}.`);
}

interface NewTopicProps {
  /** One that is there. */
  topic?: string;
  isOpen: boolean;
  onClose: () => void;
}

export function NewTopic({ topic, isOpen, onClose }: NewTopicProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <Modal
      title={topic === undefined ? 'New topic' : `Put users into ${topic}`}
      isOpen={isOpen}
      onClose={onClose}
    >
      {isOpen && (
        <SmallForm
          opened={{ name: topic ?? '', users: '' }}
          action="Put them in"
          send={({ name, users }) => addAll(tenant, name.trim(), idsOf(users))}
          onDone={({ name }) => {
            void client.invalidateQueries({ queryKey: notificationKeys.topics(tenant) });
            if (topic === undefined) go(places.topic(name.trim()));
          }}
          onClose={onClose}
        >
          {(draft, set) => (
            <>
              {topic === undefined && (
                <TextField
                  label="Name"
                  name="name"
                  hint="match-17: the first user makes it."
                  isRequired
                  mono
                  autoComplete="off"
                  value={draft.name}
                  onChange={(name) => set({ name })}
                />
              )}
              <TextAreaField
                label="Users"
                name="user_ids"
                rows={6}
                isRequired
                hint="Their ids, with commas, blanks or lines between them."
                value={draft.users}
                onChange={(users) => set({ users })}
              />
            </>
          )}
        </SmallForm>
      )}
    </Modal>
  );
}
