// A form that moves an amount of a payment: as much as there is, or less.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import type { Payment } from '../../api/payments';
import { formatMoney, inputAmount, parseAmount } from '../../lib/money';
import { useTenant } from '../../lib/tenant';
import { useRequestKey } from '../../lib/use_request_key';
import { Button } from '../../ui/button';
import { ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { paymentKeys } from './payment_keys';

interface AmountFormProps {
  payment: Payment;
  most: number;
  /** "Refund": on the button. */
  action: string;
  /** "refunded": said when it is done. */
  doneWord: string;
  /** What else the request says: another one has another key. */
  more: unknown;
  move: (amount: number, key: string) => Promise<void>;
  onClose: () => void;
  children?: ReactNode;
}

export function AmountForm({ payment, most, action, doneWord, ...props }: AmountFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const keyFor = useRequestKey();
  const { id, currency } = payment;
  const [text, setText] = useState(() => inputAmount(most, currency));
  const [wrong, setWrong] = useState<string | null>(null);
  const moving = useMutation({
    mutationFn: (amount: number) => props.move(amount, keyFor([amount, props.more])),
    onSuccess: async (_, amount) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: paymentKeys.payment(tenant, id) }),
        client.invalidateQueries({ queryKey: paymentKeys.lists(tenant) }),
        client.invalidateQueries({ queryKey: paymentKeys.balances(tenant) }),
      ]);
      toast('good', `${formatMoney(amount, currency)} ${doneWord}.`);
      props.onClose();
    },
  });
  const submit = () => {
    const amount = parseAmount(text, currency);
    if (amount === null || amount === 0) {
      setWrong(`Give an amount in ${currency}.`);
      return;
    }
    if (amount > most) {
      setWrong(`At most ${formatMoney(most, currency)}.`);
      return;
    }
    moving.mutate(amount);
  };
  const errors = wrong === null ? fieldErrorsOf(moving.error) : { amount: wrong };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorNotice error={moving.error} shownAtFields={errors} />
      <TextField
        label={`Amount in ${currency}`}
        name="amount"
        inputMode="decimal"
        autoComplete="off"
        hint={`At most ${formatMoney(most, currency)}.`}
        value={text}
        onChange={(next) => {
          setText(next);
          setWrong(null);
          if (moving.isError) moving.reset();
        }}
      />
      {props.children}
      <ModalActions>
        <Button onPress={props.onClose}>Keep it</Button>
        <Button look="primary" type="submit" isPending={moving.isPending}>
          {action}
        </Button>
      </ModalActions>
    </Form>
  );
}
