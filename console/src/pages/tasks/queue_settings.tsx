import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { putQueue, settingsOf as kept, type Queue, type QueueSettings } from '../../api/tasks';
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

const kNumbers = [
  'max_running',
  'rate_per_s',
  'burst',
  'key_rate_per_s',
  'key_burst',
  'target_max_running',
  'target_rate_per_s',
] as const;
type NumberName = (typeof kNumbers)[number];

type Draft = Record<NumberName, string> & { paused: boolean };

function draftOf(queue: Queue): Draft {
  const texts = kNumbers.map((name) => [name, textOf(queue[name])] as const);
  return { ...(Object.fromEntries(texts) as Record<NumberName, string>), paused: queue.paused };
}

function settingsOf(queue: Queue, draft: Draft): QueueSettings {
  return {
    ...kept(queue),
    paused: draft.paused,
    max_running: numberOf(draft.max_running),
    rate_per_s: numberOf(draft.rate_per_s),
    burst: numberOf(draft.burst) ?? 1,
    key_rate_per_s: numberOf(draft.key_rate_per_s),
    key_burst: numberOf(draft.key_burst) ?? 1,
    target_max_running: numberOf(draft.target_max_running),
    target_rate_per_s: numberOf(draft.target_rate_per_s),
  };
}

function wrongNumbers(draft: Draft): Record<string, string> {
  return Object.fromEntries(
    kNumbers
      .filter((name) => Number.isNaN(numberOf(draft[name])))
      .map((name) => [name, 'Give a number, or nothing.']),
  );
}

const kFields: readonly { name: NumberName; label: string; hint: string }[] = [
  {
    name: 'max_running',
    label: 'Most at once',
    hint: 'Over all workers. Empty: as many as they take.',
  },
  {
    name: 'rate_per_s',
    label: 'Starts a second',
    hint: '0.1 is one in ten seconds. Empty: no limit.',
  },
  { name: 'burst', label: 'Burst', hint: 'How many may start at once after a pause.' },
  {
    name: 'key_rate_per_s',
    label: 'Starts a second of one key',
    hint: 'Of tasks with the same key. Empty: no limit.',
  },
  { name: 'key_burst', label: 'Burst of one key', hint: 'How many of a key may start at once.' },
  {
    name: 'target_max_running',
    label: 'Calls at once to one host',
    hint: 'Where Ashlar calls your URLs; from each instance. Empty: 64.',
  },
  {
    name: 'target_rate_per_s',
    label: 'Calls a second to one host',
    hint: 'The same. Empty: no limit.',
  },
];

function SettingsForm({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(queue));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const saving = useMutation({
    mutationFn: () => putQueue(tenant, queue.queue, settingsOf(queue, draft)),
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
      {kFields.map(({ name, label, hint }) => (
        <TextField
          key={name}
          label={label}
          name={name}
          inputMode="decimal"
          autoComplete="off"
          hint={hint}
          value={draft[name]}
          onChange={(text) => set({ [name]: text })}
        />
      ))}
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
