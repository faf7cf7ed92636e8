export const kRefreshMs = 5_000;

export const ledgerKeys = {
  accounts: (tenant: string, currency: string | null) => ['ledger-accounts', tenant, currency],
  account: (tenant: string, id: string) => ['ledger-account', tenant, id],
  legs: (tenant: string, id: string) => ['ledger-legs', tenant, id],
  trialBalance: (tenant: string) => ['ledger-trial-balance', tenant],
  head: (tenant: string) => ['ledger-head', tenant],
};
