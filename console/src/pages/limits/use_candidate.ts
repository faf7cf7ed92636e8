// Rules that are not saved yet: what they would have done, and saving them.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { dryRun, putRules, type Written } from '../../api/limits';
import { hasStatus } from '../../api/problem';
import { useTenant } from '../../lib/tenant';
import { limitKeys } from './limits_queries';

export function useRefreshRules() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: limitKeys.rules(tenant) }),
      client.invalidateQueries({ queryKey: limitKeys.versions(tenant) }),
      client.invalidateQueries({ queryKey: limitKeys.usage(tenant) }),
    ]);
  };
}

interface Options {
  /** Of the rules that the person saw when beginning. */
  etag: string | null;
  onSaved: (written: Written) => void;
}

export function useCandidate({ etag, onSaved }: Options) {
  const { tenant } = useTenant();
  const refresh = useRefreshRules();
  const trying = useMutation({
    mutationFn: (rules: readonly unknown[]) => dryRun(tenant, { rules }),
  });
  const saving = useMutation({
    mutationFn: (rules: readonly unknown[]) => putRules(tenant, { rules }, etag),
    onSuccess: async (written) => {
      await refresh();
      onSaved(written);
    },
  });
  const stale = hasStatus(saving.error, 412);
  return {
    trying,
    saving,
    /** Somebody else was quicker: nothing was saved. */
    stale,
    error: saving.error ?? trying.error,
    /** What was said is about rules that are no more; but a change by someone else stays true. */
    edited: () => {
      if (trying.data || trying.isError) trying.reset();
      if (saving.isError && !stale) saving.reset();
    },
  };
}
