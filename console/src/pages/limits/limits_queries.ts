// What the pages of limits ask the server for, and how often.
import { useQuery } from '@tanstack/react-query';
import { getRules, getShadowReport, getUsage, type Counts, type Owner } from '../../api/limits';
import { useTenant } from '../../lib/tenant';

const kUsageRefreshMs = 2_000;
const kRulesRefreshMs = 10_000;

export const limitKeys = {
  rules: (tenant: string) => ['limit-rules', tenant],
  versions: (tenant: string) => ['limit-versions', tenant],
  version: (tenant: string, version: number) => ['limit-version', tenant, version],
  // A tenant's name holds no slash.
  usage: (owner: Owner) => ['limit-usage', owner ?? '/own'],
  detail: (owner: Owner, rule: string) => ['limit-detail', owner ?? '/own', rule],
  shadow: (tenant: string) => ['limit-shadow', tenant],
};

export function useRules() {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: limitKeys.rules(tenant),
    queryFn: ({ signal }) => getRules(tenant, signal),
    refetchInterval: kRulesRefreshMs,
  });
}

export function useUsage(owner: Owner) {
  return useQuery({
    queryKey: limitKeys.usage(owner),
    queryFn: ({ signal }) => getUsage(owner, signal),
    refetchInterval: kUsageRefreshMs,
  });
}

export function useShadowReport() {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: limitKeys.shadow(tenant),
    queryFn: ({ signal }) => getShadowReport(tenant, signal),
    refetchInterval: kUsageRefreshMs,
  });
}

/** Let pass and refused, whether counted or not; "would refuse" stands by itself. */
export function verdicts(counts: Counts): { passed: number; refused: number; shadow: number } {
  return {
    passed: counts.allowed + counts.failed_open + counts.failed_local,
    refused: counts.denied + counts.failed_closed,
    shadow: counts.shadow_denied,
  };
}
