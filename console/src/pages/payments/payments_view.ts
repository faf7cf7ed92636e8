// Which part of the payments is shown: it stands in the address.
import { kPaymentStates, type PaymentState } from '../../api/payments';
import { hrefs } from '../../lib/router';

export const kViews = [
  { value: 'payments', label: 'Payments' },
  { value: 'disputes', label: 'Disputes' },
  { value: 'payouts', label: 'Payouts' },
  { value: 'reconciliation', label: 'Reconciliation' },
] as const;
export type View = (typeof kViews)[number]['value'];

export function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'payments';
}

export function viewHref(view: View): string {
  return view === 'payments' ? hrefs.payments : `${hrefs.payments}?view=${view}`;
}

export function readState(query: string): PaymentState | null {
  const wanted = new URLSearchParams(query).get('state');
  return kPaymentStates.find((state) => state === wanted) ?? null;
}
