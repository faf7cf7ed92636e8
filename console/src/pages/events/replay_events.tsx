import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { replayEvents, type ReplayRange } from '../../api/events';
import { fieldErrorsOf } from '../../api/problem';
import { formatCount } from '../../lib/numbers';
import { fromLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { eventKeys } from './events_view';

const kEmpty = { kind: '', id: '', from: '', to: '' };

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
  const [draft, setDraft] = useState(kEmpty);
  const replaying = useMutation({
    mutationFn: () => replayEvents(consumer, rangeOf(draft)),
    onSuccess: async (count) => {
      await client.invalidateQueries({ queryKey: eventKeys.consumers });
      toast('good', `${consumer} consumes ${formatCount(count)} again.`);
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
        It is told again of what fits, of all tenants, behind what it has still to consume of the
        same things. What you leave empty does not matter.
      </p>
      <ErrorNotice error={replaying.error} shownAtFields={errors} />
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
