import { useQueryClient } from '@tanstack/react-query';
import { replayWebhook, type Replay } from '../../api/webhooks';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput } from '../../lib/time';
import { FilterForm } from '../../ui/filter_form';
import { Modal } from '../../ui/modal';
import { SelectField } from '../../ui/select_field';
import { toast } from '../../ui/toast';
import { webhookKeys } from './webhook_keys';

// Each call takes up to 500; so many calls are a quarter of a million deliveries.
const kMostCalls = 500;
const kEmpty = { from: '', to: '', only: 'failed' };
const kBounds = {
  from: {
    label: 'Since',
    name: 'from',
    hint: 'Your local time. Empty: as far back as the log goes.',
  },
  to: { label: 'Before', name: 'to', hint: 'Your local time. Empty: up to now.' },
};
const kOnly = [
  { value: 'failed', label: 'Those that failed' },
  { value: 'all', label: 'All that have ended, delivered ones too' },
];

function replayOf(draft: typeof kEmpty): Replay {
  const from = fromLocalInput(draft.from);
  const to = fromLocalInput(draft.to);
  return {
    only: draft.only === 'all' ? 'all' : 'failed',
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

async function replayAll(tenant: string, id: string, what: Replay): Promise<number> {
  let count = 0;
  let cursor: string | null = null;
  for (let calls = 0; calls < kMostCalls; calls++) {
    const asked: Replay = cursor === null ? what : { ...what, cursor };
    const { replayed, next_cursor: next } = await replayWebhook(tenant, id, asked);
    count += replayed;
    if (next === null) break;
    cursor = next;
  }
  return count;
}

function ReplayForm({ id, onClose }: { id: string; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <FilterForm
      empty={kEmpty}
      text="Each is sent again with the same id, so that a service that has had it can tell."
      action="Replay"
      bounds={kBounds}
      run={(draft) => replayAll(tenant, id, replayOf(draft))}
      onDone={async (count) => {
        await client.invalidateQueries({ queryKey: webhookKeys.logs(tenant, id) });
        toast('good', `${formatCount(count)} on the way again.`);
      }}
      onClose={onClose}
    >
      {(draft, set, errors) => (
        <SelectField
          label="Which"
          value={draft.only}
          options={kOnly}
          error={errors['only']}
          onChange={(only) => set({ only })}
        />
      )}
    </FilterForm>
  );
}

interface ReplayWebhookProps {
  id: string;
  isOpen: boolean;
  onClose: () => void;
}

export function ReplayWebhook({ id, isOpen, onClose }: ReplayWebhookProps) {
  return (
    <Modal title="Replay deliveries" isOpen={isOpen} onClose={onClose}>
      {isOpen && <ReplayForm id={id} onClose={onClose} />}
    </Modal>
  );
}
