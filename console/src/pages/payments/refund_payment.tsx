import { useState } from 'react';
import { refundPayment, type Payment } from '../../api/payments';
import { useTenant } from '../../lib/tenant';
import { Modal } from '../../ui/modal';
import { TextField } from '../../ui/text_field';
import { AmountForm } from './amount_form';

interface RefundPaymentProps {
  payment: Payment;
  isOpen: boolean;
  onClose: () => void;
}

function Content({ payment, onClose }: RefundPaymentProps) {
  const { tenant } = useTenant();
  const [reason, setReason] = useState('');
  const said = reason.trim();
  return (
    <AmountForm
      payment={payment}
      most={payment.amount_refundable}
      action="Refund"
      doneWord="on their way back"
      more={said}
      move={(amount, key) =>
        refundPayment(tenant, payment.id, key, {
          amount,
          ...(said === '' ? {} : { reason: said }),
        })
      }
      onClose={onClose}
    >
      <TextField
        label="Reason"
        name="reason"
        autoComplete="off"
        hint="For your own records; may stay empty."
        value={reason}
        onChange={setReason}
      />
    </AmountForm>
  );
}

export function RefundPayment(props: RefundPaymentProps) {
  return (
    <Modal title="Refund" isOpen={props.isOpen} onClose={props.onClose}>
      {props.isOpen && <Content {...props} />}
    </Modal>
  );
}
