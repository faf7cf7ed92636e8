import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Form } from 'react-aria-components';
import { hasStatus, fieldErrorsOf } from '../../api/problem';
import { reconcile } from '../../api/reconciliations';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import { reconciliationKeys } from './reconciliation_keys';

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function Content({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const fileId = useId();
  const [provider, setProvider] = useState('sandbox');
  const [day, setDay] = useState(today);
  const [statement, setStatement] = useState<File | null>(null);
  const [replace, setReplace] = useState(false);
  const running = useMutation({
    mutationFn: () => reconcile(tenant, { provider: provider.trim(), day, statement, replace }),
    onSuccess: async (run) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: reconciliationKeys.runs(tenant) }),
        client.invalidateQueries({ queryKey: reconciliationKeys.ageing(tenant) }),
      ]);
      onClose();
      go(hrefs.reconciliation(run.id));
    },
  });
  const errors = fieldErrorsOf(running.error);
  const reset = () => {
    if (running.isError) running.reset();
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        running.mutate();
      }}
    >
      <p className="modal-text">
        Without a file Ashlar asks the provider for its own statement of the day.
      </p>
      <ErrorNotice error={running.error} shownAtFields={errors} />
      <TextField
        label="Provider"
        name="provider"
        mono
        autoComplete="off"
        value={provider}
        onChange={(next) => {
          setProvider(next);
          reset();
        }}
      />
      <TextField
        label="Day"
        name="day"
        type="date"
        hint="UTC. A day is best reconciled when it is over."
        value={day}
        onChange={(next) => {
          setDay(next);
          reset();
        }}
      />
      <div className="field">
        <label className="field-label" htmlFor={fileId}>
          Statement
        </label>
        <input
          id={fileId}
          className="input"
          type="file"
          accept=".csv,.xml,.json,text/csv,application/xml,application/json"
          onChange={(event) => {
            setStatement(event.target.files?.[0] ?? null);
            reset();
          }}
        />
        <span className="field-hint">CSV or camt.053; may be left out.</span>
      </div>
      {(replace || hasStatus(running.error, 409)) && (
        <Switch
          isSelected={replace}
          onChange={(next) => {
            setReplace(next);
            reset();
          }}
        >
          <span>Take this statement instead of the one that the day has</span>
        </Switch>
      )}
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={running.isPending}>
          Reconcile
        </Button>
      </ModalActions>
    </Form>
  );
}

export function NewReconciliation({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="Reconcile a day" isOpen={isOpen} onClose={onClose}>
      {isOpen && <Content onClose={onClose} />}
    </Modal>
  );
}
