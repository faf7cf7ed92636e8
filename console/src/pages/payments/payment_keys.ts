import type { PaymentState } from '../../api/payments';

export const kRefreshMs = 3_000;

export const paymentKeys = {
  lists: (tenant: string) => ['payments', tenant],
  list: (tenant: string, state: PaymentState | null) => ['payments', tenant, state],
  payment: (tenant: string, id: string) => ['payment', tenant, id],
  story: (tenant: string, id: string) => ['payment', tenant, id, 'story'],
  balances: (tenant: string) => ['payment-balances', tenant],
  payouts: (tenant: string) => ['payouts', tenant],
  disputes: (tenant: string) => ['disputes', tenant],
  dispute: (tenant: string, id: string) => ['dispute', tenant, id],
};
