import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { redriveQueue, type RedriveFilter } from '../../api/tasks';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { taskKeys } from './tasks_queries';

const kEmpty = { error: '', from: '', to: '' };

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
  const [draft, setDraft] = useState(kEmpty);
  const redriving = useMutation({
    mutationFn: () => redriveQueue(tenant, queue, filterOf(draft)),
    onSuccess: async ({ redriven, more }) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: taskKeys.queues(tenant) }),
        client.invalidateQueries({ queryKey: taskKeys.lists(tenant) }),
      ]);
      const rest = more ? ' There are more: redrive once more.' : '';
      toast('good', `${formatCount(redriven)} of ${queue} live again.${rest}`);
      onClose();
    },
  });
  const errors = fieldErrorsOf(redriving.error);
  const set = (change: Partial<typeof kEmpty>) => {
    if (redriving.isError) redriving.reset();
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        redriving.mutate();
      }}
    >
      <p className="modal-text">
        They are ready again, each with as many attempts as it had. What you leave empty does not
        matter.
      </p>
      <ErrorNotice error={redriving.error} shownAtFields={errors} />
      <TextField
        label="Error contains"
        name="error_contains"
        mono
        autoComplete="off"
        placeholder="connection refused"
        value={draft.error}
        onChange={(error) => set({ error })}
      />
      <TextField
        label="Dead since"
        name="ended_from"
        type="datetime-local"
        hint="Your local time."
        value={draft.from}
        onChange={(from) => set({ from })}
      />
      <TextField
        label="Dead before"
        name="ended_to"
        type="datetime-local"
        hint="Your local time."
        value={draft.to}
        onChange={(to) => set({ to })}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={redriving.isPending}>
          Redrive
        </Button>
      </ModalActions>
    </Form>
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
