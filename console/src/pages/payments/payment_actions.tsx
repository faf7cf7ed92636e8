import { useState } from 'react';
import { cancelPayment, type Payment } from '../../api/payments';
import { formatMoney } from '../../lib/money';
import { useTenant } from '../../lib/tenant';
import { useRequestKey } from '../../lib/use_request_key';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { CapturePayment } from './capture_payment';
import { paymentKeys } from './payment_keys';
import { RefundPayment } from './refund_payment';

const kCancellable: readonly Payment['state'][] = [
  'needs_method',
  'needs_confirmation',
  'needs_action',
  'capturable',
];

export function PaymentActions({ payment }: { payment: Payment }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const keyFor = useRequestKey();
  const [doing, setDoing] = useState<'capture' | 'refund' | 'cancel' | null>(null);
  const close = () => setDoing(null);
  const held = payment.amount_capturable;
  const cancel = async () => {
    await cancelPayment(tenant, payment.id, keyFor('cancel'));
    await Promise.all([
      client.invalidateQueries({ queryKey: paymentKeys.payment(tenant, payment.id) }),
      client.invalidateQueries({ queryKey: paymentKeys.lists(tenant) }),
    ]);
  };
  return (
    <>
      {held > 0 && (
        <Button look="primary" onPress={() => setDoing('capture')}>
          Capture…
        </Button>
      )}
      {payment.amount_refundable > 0 && <Button onPress={() => setDoing('refund')}>Refund…</Button>}
      {kCancellable.includes(payment.state) && (
        <Button onPress={() => setDoing('cancel')}>Cancel payment</Button>
      )}
      <CapturePayment payment={payment} isOpen={doing === 'capture'} onClose={close} />
      <RefundPayment payment={payment} isOpen={doing === 'refund'} onClose={close} />
      <Confirm
        title="Cancel this payment?"
        isOpen={doing === 'cancel'}
        onClose={close}
        action="Cancel payment"
        run={cancel}
        done="The payment is cancelled."
      >
        {held > 0
          ? `The ${formatMoney(held, payment.currency)} that are held on the card are released. This cannot be undone.`
          : 'No money has moved. This cannot be undone.'}
      </Confirm>
    </>
  );
}
