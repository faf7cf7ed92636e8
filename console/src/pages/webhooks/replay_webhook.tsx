import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { replayWebhook, type Replay } from '../../api/webhooks';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { webhookKeys } from './webhook_keys';

// Each call takes up to 500; so many calls are a quarter of a million deliveries.
const kMostCalls = 500;
const kEmpty = { from: '', to: '', only: 'failed' };
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
  const [draft, setDraft] = useState(kEmpty);
  const replaying = useMutation({
    mutationFn: () => replayAll(tenant, id, replayOf(draft)),
    onSuccess: async (count) => {
      await client.invalidateQueries({ queryKey: webhookKeys.logs(tenant, id) });
      toast('good', `${formatCount(count)} on the way again.`);
      onClose();
    },
  });
  const errors = fieldErrorsOf(replaying.error);
  const set = (change: Partial<typeof kEmpty>) => {
    if (replaying.isError) replaying.reset();
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        replaying.mutate();
      }}
    >
      <p className="modal-text">
        Each is sent again with the same id, so that a service that has had it can tell.
      </p>
      <ErrorNotice error={replaying.error} shownAtFields={errors} />
      <SelectField
        label="Which"
        value={draft.only}
        options={kOnly}
        error={errors['only']}
        onChange={(only) => set({ only })}
      />
      <TextField
        label="Since"
        name="from"
        type="datetime-local"
        hint="Your local time. Empty: as far back as the log goes."
        value={draft.from}
        onChange={(from) => set({ from })}
      />
      <TextField
        label="Before"
        name="to"
        type="datetime-local"
        hint="Your local time. Empty: up to now."
        value={draft.to}
        onChange={(to) => set({ to })}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={replaying.isPending}>
          Replay
        </Button>
      </ModalActions>
    </Form>
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
