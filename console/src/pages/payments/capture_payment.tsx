import { useState } from 'react';
import { capturePayment, type Payment } from '../../api/payments';
import { useTenant } from '../../lib/tenant';
import { Modal } from '../../ui/modal';
import { Switch } from '../../ui/switch';
import { AmountForm } from './amount_form';

interface CapturePaymentProps {
  payment: Payment;
  isOpen: boolean;
  onClose: () => void;
}

function Content({ payment, onClose }: CapturePaymentProps) {
  const { tenant } = useTenant();
  const [last, setLast] = useState(true);
  return (
    <AmountForm
      payment={payment}
      most={payment.amount_capturable}
      action="Capture"
      doneWord="captured"
      more={last}
      move={(amount, key) => capturePayment(tenant, payment.id, key, { amount, last })}
      onClose={onClose}
    >
      <Switch isSelected={!last} onChange={(keeps) => setLast(!keeps)}>
        <span>
          {last
            ? 'What is left is released to the card'
            : 'What is left stays held, for another capture'}
        </span>
      </Switch>
    </AmountForm>
  );
}

export function CapturePayment(props: CapturePaymentProps) {
  return (
    <Modal title="Capture" isOpen={props.isOpen} onClose={props.onClose}>
      {props.isOpen && <Content {...props} />}
    </Modal>
  );
}
