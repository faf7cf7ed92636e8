import { useMutation } from '@tanstack/react-query';
import { nameOf, updateLink, type LinkChange } from '../../api/links';
import { hasStatus } from '../../api/problem';
import { useTenant } from '../../lib/tenant';
import { toast } from '../../ui/toast';
import type { Fresh } from './fresh_link';

/** Saves what was changed of a link, unless somebody else changed it meanwhile: then it is stale. */
export function useLinkChange({ answer, onSaved }: Fresh, onDone?: () => void) {
  const { tenant } = useTenant();
  const { data: link, etag } = answer;
  const saving = useMutation({
    mutationFn: (change: LinkChange) => updateLink(tenant, nameOf(link), change, etag),
    onSuccess: (saved) => {
      toast('good', `${link.code} saved. The next click sees it.`);
      onSaved(saved);
      onDone?.();
    },
  });
  const stale = hasStatus(saving.error, 412);
  return {
    saving,
    stale,
    /** What it said is about values that are no more; but a change by someone else stays true. */
    edited: () => {
      if (saving.isError && !stale) saving.reset();
    },
  };
}
