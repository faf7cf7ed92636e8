import { useQuery } from '@tanstack/react-query';
import { listDomains } from '../../api/link_domains';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';

// To offer; further ones can be typed.
const kOffered = 100;

/** Hosts. */
export function useDomains(): string[] {
  const { tenant } = useTenant();
  const domains = useQuery({
    queryKey: [...linkKeys.domains(tenant), 'offered'],
    queryFn: ({ signal }) => listDomains(tenant, null, kOffered, signal),
    staleTime: 30_000,
  });
  return (domains.data?.data ?? []).map(({ host }) => host);
}
