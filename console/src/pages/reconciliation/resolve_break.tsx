import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { resolveBreak, type Item, type Resolution } from '../../api/reconciliations';
import { formatMoney } from '../../lib/money';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { TextAreaField } from '../../ui/text_area_field';
import { toast } from '../../ui/toast';
import { reconciliationKeys } from './reconciliation_keys';
import { kOutcomeMeaning, kResolutionMeaning, kResolutionWords } from './reconciliation_words';

/** What lies in suspense leaves it; what does not needs no booking. */
function choicesFor(item: Item): Resolution[] {
  if (item.suspense !== 0) return ['corrected', 'written_off'];
  return item.difference === 0 ? ['explained'] : ['explained', 'written_off'];
}

function Content({ item, onClose }: { item: Item; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const choices = choicesFor(item);
  const [resolution, setResolution] = useState<Resolution>(choices[0] ?? 'explained');
  const [note, setNote] = useState('');
  const resolving = useMutation({
    mutationFn: () => resolveBreak(tenant, item, resolution, note.trim()),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({
          queryKey: reconciliationKeys.run(tenant, item.reconciliation),
        }),
        client.invalidateQueries({ queryKey: reconciliationKeys.runs(tenant) }),
        client.invalidateQueries({ queryKey: reconciliationKeys.ageing(tenant) }),
      ]);
      toast('good', 'The break is settled.');
      onClose();
    },
  });
  const errors = fieldErrorsOf(resolving.error);
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        resolving.mutate();
      }}
    >
      <p className="modal-text">
        {kOutcomeMeaning[item.outcome]} The difference is{' '}
        <strong>{formatMoney(item.difference, item.currency)}</strong>
        {item.suspense !== 0 && ', and lies in suspense'}.
      </p>
      <ErrorNotice error={resolving.error} shownAtFields={errors} />
      <SelectField
        label="How"
        value={resolution}
        options={choices.map((value) => ({ value, label: kResolutionWords[value] ?? value }))}
        hint={kResolutionMeaning[resolution]}
        onChange={(value) =>
          setResolution(choices.find((choice) => choice === value) ?? resolution)
        }
      />
      <TextAreaField
        label="Why"
        name="note"
        rows={3}
        hint="For whoever audits it."
        value={note}
        onChange={(next) => {
          setNote(next);
          if (resolving.isError) resolving.reset();
        }}
      />
      <ModalActions>
        <Button onPress={onClose}>Keep it open</Button>
        <Button
          look="primary"
          type="submit"
          isDisabled={note.trim() === ''}
          isPending={resolving.isPending}
        >
          Settle
        </Button>
      </ModalActions>
    </Form>
  );
}

export function ResolveBreak({ item, onClose }: { item: Item | null; onClose: () => void }) {
  return (
    <Modal
      title={`Settle ${item?.reference ?? 'the break'}`}
      isOpen={item !== null}
      onClose={onClose}
    >
      {item !== null && <Content item={item} onClose={onClose} />}
    </Modal>
  );
}
