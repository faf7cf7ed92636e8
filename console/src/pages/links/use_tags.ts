import { useQuery } from '@tanstack/react-query';
import { listTags } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import type { ComboOption } from '../../ui/combo_field';

// To offer; further ones can be typed.
const kOffered = 100;

export function useTags(): ComboOption[] {
  const { tenant } = useTenant();
  const tags = useQuery({
    queryKey: linkKeys.tags(tenant),
    queryFn: ({ signal }) => listTags(tenant, null, kOffered, signal),
    staleTime: 30_000,
  });
  return (tags.data?.data ?? []).map(({ tag, links }) => ({
    value: tag,
    note: formatCount(links),
  }));
}
