import { useQueryClient } from '@tanstack/react-query';
import { redriveQueue, type RedriveFilter } from '../../api/tasks';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput } from '../../lib/time';
import { FilterForm } from '../../ui/filter_form';
import { Modal } from '../../ui/modal';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { taskKeys } from './tasks_queries';

const kEmpty = { error: '', from: '', to: '' };
const kBounds = {
  from: { label: 'Dead since', name: 'ended_from', hint: 'Your local time.' },
  to: { label: 'Dead before', name: 'ended_to', hint: 'Your local time.' },
};

function filterOf(draft: typeof kEmpty): RedriveFilter {
  const from = fromLocalInput(draft.from);
  const to = fromLocalInput(draft.to);
  return {
    ...(draft.error.trim() === '' ? {} : { error_contains: draft.error.trim() }),
    ...(from === null ? {} : { ended_from: from }),
    ...(to === null ? {} : { ended_to: to }),
  };
}

function RedriveForm({ queue, onClose }: { queue: string; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <FilterForm
      empty={kEmpty}
      text="They are ready again, each with as many attempts as it had. What you leave empty does not matter."
      action="Redrive"
      bounds={kBounds}
      run={(draft) => redriveQueue(tenant, queue, filterOf(draft))}
      onDone={async ({ redriven, more }) => {
        await Promise.all([
          client.invalidateQueries({ queryKey: taskKeys.queues(tenant) }),
          client.invalidateQueries({ queryKey: taskKeys.lists(tenant) }),
        ]);
        const rest = more ? ' There are more: redrive once more.' : '';
        toast('good', `${formatCount(redriven)} of ${queue} live again.${rest}`);
      }}
      onClose={onClose}
    >
      {(draft, set) => (
        <TextField
          label="Error contains"
          name="error_contains"
          mono
          autoComplete="off"
          placeholder="connection refused"
          value={draft.error}
          onChange={(error) => set({ error })}
        />
      )}
    </FilterForm>
  );
}

interface RedriveQueueProps {
  queue: string;
  isOpen: boolean;
  onClose: () => void;
}

export function RedriveQueue({ queue, isOpen, onClose }: RedriveQueueProps) {
  return (
    <Modal title={`Redrive dead tasks of ${queue}`} isOpen={isOpen} onClose={onClose}>
      {isOpen && <RedriveForm queue={queue} onClose={onClose} />}
    </Modal>
  );
}
