import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { putQueue, type Queue, type QueueSettings } from '../../api/tasks';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { taskKeys } from './tasks_queries';

const textOf = (value: number | null) => (value === null ? '' : String(value));

/** Empty: no bound. What is no number goes to the server as it is, which says so. */
function numberOf(text: string): number | null {
  const digits = text.replace(/\s/g, '');
  return digits === '' ? null : Number(digits);
}

function draftOf({ paused, max_running, rate_per_s, burst }: QueueSettings) {
  return { paused, max: textOf(max_running), rate: textOf(rate_per_s), burst: textOf(burst) };
}

interface Draft {
  paused: boolean;
  max: string;
  rate: string;
  burst: string;
}

function wrongNumbers(draft: Draft): Record<string, string> {
  const names = { max_running: draft.max, rate_per_s: draft.rate, burst: draft.burst };
  return Object.fromEntries(
    Object.entries(names)
      .filter(([, text]) => Number.isNaN(numberOf(text)))
      .map(([name]) => [name, 'Give a number, or nothing.']),
  );
}

function SettingsForm({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(queue));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const saving = useMutation({
    mutationFn: () =>
      putQueue(tenant, queue.queue, {
        paused: draft.paused,
        max_running: numberOf(draft.max),
        rate_per_s: numberOf(draft.rate),
        burst: numberOf(draft.burst) ?? 1,
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: taskKeys.queues(tenant) });
      toast('good', `${queue.queue} is set.`);
      onClose();
    },
  });
  const errors = { ...fieldErrorsOf(saving.error), ...wrong };
  const set = (change: Partial<Draft>) => {
    if (saving.isError) saving.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = wrongNumbers(draft);
        setWrong(bad);
        if (Object.keys(bad).length === 0) saving.mutate();
      }}
    >
      <ErrorNotice error={saving.error} shownAtFields={errors} />
      <Switch isSelected={draft.paused} onChange={(paused) => set({ paused })}>
        <span>{draft.paused ? 'Paused: nothing new starts' : 'Open: tasks are started'}</span>
      </Switch>
      <TextField
        label="Most at once"
        name="max_running"
        inputMode="numeric"
        autoComplete="off"
        hint="Over all workers. Empty: as many as they take."
        value={draft.max}
        onChange={(max) => set({ max })}
      />
      <TextField
        label="Starts a second"
        name="rate_per_s"
        inputMode="decimal"
        autoComplete="off"
        hint="0.1 is one in ten seconds. Empty: no limit."
        value={draft.rate}
        onChange={(rate) => set({ rate })}
      />
      {draft.rate.trim() !== '' && (
        <TextField
          label="Burst"
          name="burst"
          inputMode="numeric"
          autoComplete="off"
          hint="How many may start at once after a pause."
          value={draft.burst}
          onChange={(burst) => set({ burst })}
        />
      )}
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </Form>
  );
}

interface QueueSettingsModalProps {
  queue: Queue | null;
  onClose: () => void;
}

export function QueueSettingsModal({ queue, onClose }: QueueSettingsModalProps) {
  return (
    <Modal title={`Settings of ${queue?.queue ?? ''}`} isOpen={queue !== null} onClose={onClose}>
      {queue !== null && <SettingsForm queue={queue} onClose={onClose} />}
    </Modal>
  );
}
