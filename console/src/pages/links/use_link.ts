import { useQuery } from '@tanstack/react-query';
import { getLink, type LinkName } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';

export function useLink(name: LinkName) {
  const { tenant } = useTenant();
  return useQuery({
    queryKey: linkKeys.link(tenant, name),
    queryFn: ({ signal }) => getLink(tenant, name, signal),
  });
}
