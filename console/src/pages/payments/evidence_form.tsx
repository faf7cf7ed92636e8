import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { giveEvidence, type Dispute } from '../../api/payments';
import { useTenant } from '../../lib/tenant';
import { useRequestKey } from '../../lib/use_request_key';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/notice';
import { TextAreaField } from '../../ui/text_area_field';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { paymentKeys } from './payment_keys';
import './evidence_form.css';

/** The names that card networks know. */
const kFields = [
  { name: 'customer_name', label: 'Customer’s name' },
  { name: 'customer_email_address', label: 'Customer’s e-mail address' },
  { name: 'shipping_carrier', label: 'Shipped by' },
  { name: 'shipping_tracking_number', label: 'Tracking number' },
] as const;
const kText = 'uncategorized_text';

/** What was given before stands in it, so that more can be added. */
export function EvidenceForm({ dispute }: { dispute: Dispute }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const keyFor = useRequestKey();
  const [draft, setDraft] = useState<Record<string, string>>(dispute.evidence);
  const giving = useMutation({
    mutationFn: (submit: boolean) => {
      const given = Object.entries(draft).filter(([name, value]) => {
        return value.trim() !== '' || dispute.evidence[name] !== undefined;
      });
      const body = { evidence: Object.fromEntries(given), submit };
      return giveEvidence(tenant, dispute.id, keyFor(body), body);
    },
    onSuccess: async (_, submitted) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: paymentKeys.dispute(tenant, dispute.id) }),
        client.invalidateQueries({ queryKey: paymentKeys.disputes(tenant) }),
      ]);
      toast('good', submitted ? 'The bank has your evidence.' : 'Kept; the bank has not seen it.');
    },
  });
  const set = (name: string, value: string) => {
    if (giving.isError) giving.reset();
    setDraft((old) => ({ ...old, [name]: value }));
  };
  const isEmpty = Object.values(draft).every((value) => value.trim() === '');
  return (
    <Form
      className="evidence"
      onSubmit={(event) => {
        event.preventDefault();
        giving.mutate(true);
      }}
    >
      <ErrorNotice error={giving.error} />
      <TextAreaField
        label="Why the money was rightly taken"
        name={kText}
        rows={5}
        value={draft[kText] ?? ''}
        onChange={(value) => set(kText, value)}
      />
      <div className="evidence-fields">
        {kFields.map(({ name, label }) => (
          <TextField
            key={name}
            name={name}
            label={label}
            autoComplete="off"
            value={draft[name] ?? ''}
            onChange={(value) => set(name, value)}
          />
        ))}
      </div>
      <div className="evidence-actions">
        <Button
          onPress={() => giving.mutate(false)}
          isDisabled={isEmpty}
          isPending={giving.isPending && !giving.variables}
        >
          Keep for later
        </Button>
        <Button
          look="primary"
          type="submit"
          isDisabled={isEmpty}
          isPending={giving.isPending && giving.variables}
        >
          Send to the bank
        </Button>
      </div>
    </Form>
  );
}
