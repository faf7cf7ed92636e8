// States and the parts of a story as people say them.
import type {
  Attempt,
  DisputeState,
  Payment,
  PaymentState,
  PayoutState,
  RefundState,
  StoryKind,
} from '../../api/payments';
import { Badge } from '../../ui/badge';

export const kStateWords: Record<PaymentState, string> = {
  needs_method: 'Needs a method',
  needs_confirmation: 'To be confirmed',
  needs_action: 'Customer to act',
  processing: 'Processing',
  capturable: 'To be captured',
  succeeded: 'Succeeded',
  canceled: 'Cancelled',
};

const kTones: Record<PaymentState, 'good' | 'off' | 'bad'> = {
  needs_method: 'off',
  needs_confirmation: 'off',
  needs_action: 'off',
  processing: 'off',
  capturable: 'good',
  succeeded: 'good',
  canceled: 'off',
};

/** A declined payment waits for another method: that it was declined is what one looks for. */
export function PaymentBadge({ payment }: { payment: Payment }) {
  const { state, decline, amount_refunded: refunded, amount_captured: captured } = payment;
  if (payment.amount_disputed > 0) return <Badge tone="bad">Disputed</Badge>;
  if (decline !== null && state !== 'succeeded') return <Badge tone="bad">Declined</Badge>;
  if (state === 'succeeded' && refunded > 0) {
    return <Badge tone="off">{refunded < captured ? 'Partly refunded' : 'Refunded'}</Badge>;
  }
  return <Badge tone={kTones[state]}>{kStateWords[state]}</Badge>;
}

const kDisputeWords: Record<DisputeState, string> = {
  needs_response: 'Needs your answer',
  under_review: 'Under review',
  won: 'Won',
  lost: 'Lost',
};
const kDisputeTones: Record<DisputeState, 'good' | 'off' | 'bad'> = {
  needs_response: 'bad',
  under_review: 'off',
  won: 'good',
  lost: 'bad',
};

export function DisputeBadge({ state }: { state: DisputeState }) {
  return <Badge tone={kDisputeTones[state]}>{kDisputeWords[state]}</Badge>;
}

const kPayoutWords: Record<PayoutState, string> = {
  open: 'On its way',
  unknown: 'Outcome unknown',
  in_transit: 'On its way',
  paid: 'Paid',
  failed: 'Failed',
};

export function PayoutBadge({ state }: { state: PayoutState }) {
  const tone = state === 'paid' ? 'good' : state === 'failed' ? 'bad' : 'off';
  return <Badge tone={tone}>{kPayoutWords[state]}</Badge>;
}

export const kRefundWords: Record<RefundState, string> = {
  open: 'On its way',
  unknown: 'Outcome unknown',
  pending: 'On its way',
  succeeded: 'Done',
  failed: 'Failed',
  canceled: 'Cancelled',
};

export const kKindWords: Record<StoryKind, string> = {
  event: 'Change',
  call: 'Call of the provider',
  notice: 'Told by the provider',
  journal: 'Ledger',
};

const kNetworkWords: Record<string, string> = {
  amex: 'Amex',
  diners: 'Diners',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'Mastercard',
  unionpay: 'UnionPay',
  visa: 'Visa',
};

/** "Visa ···· 4242"; null where no attempt has known it. */
export function cardWords(attempts: readonly Attempt[]): string | null {
  const known = [...attempts].reverse().find(({ last4 }) => last4 !== null);
  if (!known?.last4) return null;
  const network = known.network ?? 'Card';
  return `${kNetworkWords[network] ?? network} ···· ${known.last4}`;
}

/** "product_not_received" is "Product not received". */
export function reasonWords(reason: string): string {
  if (reason === '') return 'Not said';
  const words = reason.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
