import { useQueryClient } from '@tanstack/react-query';
import { replayEvents, type ReplayRange } from '../../api/events';
import { formatCount } from '../../lib/numbers';
import { fromLocalInput } from '../../lib/time';
import { FilterForm } from '../../ui/filter_form';
import { Modal } from '../../ui/modal';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { eventKeys } from './events_view';

const kEmpty = { kind: '', id: '', from: '', to: '' };
const kBounds = {
  from: {
    label: 'Since',
    name: 'from',
    hint: 'Your local time. Empty: as far back as the log goes.',
  },
  to: { label: 'Before', name: 'to', hint: 'Your local time. Empty: up to now.' },
};

function rangeOf(draft: typeof kEmpty): ReplayRange {
  const from = fromLocalInput(draft.from);
  const to = fromLocalInput(draft.to);
  return {
    ...(draft.kind.trim() === '' ? {} : { aggregate_type: draft.kind.trim() }),
    ...(draft.id.trim() === '' ? {} : { aggregate_id: draft.id.trim() }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

function ReplayForm({ consumer, onClose }: { consumer: string; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <FilterForm
      empty={kEmpty}
      text="It is told again of what fits, of all tenants, behind what it has still to consume of the same things. What you leave empty does not matter."
      action="Replay"
      bounds={kBounds}
      run={(draft) => replayEvents(consumer, rangeOf(draft))}
      onDone={async (count) => {
        await client.invalidateQueries({ queryKey: eventKeys.consumers });
        toast('good', `${consumer} consumes ${formatCount(count)} again.`);
      }}
      onClose={onClose}
    >
      {(draft, set) => (
        <>
          <TextField
            label="Kind of thing"
            name="aggregate_type"
            mono
            autoComplete="off"
            placeholder="link"
            value={draft.kind}
            onChange={(kind) => set({ kind })}
          />
          <TextField
            label="Which one"
            name="aggregate_id"
            mono
            autoComplete="off"
            placeholder="spring-sale"
            value={draft.id}
            onChange={(id) => set({ id })}
          />
        </>
      )}
    </FilterForm>
  );
}

interface ReplayEventsProps {
  consumer: string | null;
  onClose: () => void;
}

export function ReplayEvents({ consumer, onClose }: ReplayEventsProps) {
  return (
    <Modal title={`Replay for ${consumer ?? ''}`} isOpen={consumer !== null} onClose={onClose}>
      {consumer !== null && <ReplayForm consumer={consumer} onClose={onClose} />}
    </Modal>
  );
}
