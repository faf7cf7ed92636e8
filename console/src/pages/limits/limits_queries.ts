// What the pages of limits ask the server for, and how often.
import { useQuery } from '@tanstack/react-query';
import { getRules, getShadowReport, getUsage, type Counts } from '../../api/limits';
import { useTenant } from '../../lib/tenant';

const kUsageRefreshMs = 2_000;
const kRulesRefreshMs = 10_000;

export const limitKeys = {
  rules: (tenant: string) => ['limit-rules', tenant],
  versions: (tenant: string) => ['limit-versions', tenant],
  version: (tenant: string, version: number) => ['limit-version', tenant, version],
  usage: (tenant: string) => ['limit-usage', tenant],
  detail: (tenant: string, rule: string) => ['limit-detail', tenant, rule],
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

export function useUsage() {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: limitKeys.usage(tenant),
    queryFn: ({ signal }) => getUsage(tenant, signal),
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
