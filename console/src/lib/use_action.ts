import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from '../ui/toast';

interface Action<T> {
  run: (what: T) => Promise<unknown>;
  /** Said when it is done. */
  done: (what: T) => string;
  /** Query keys of what it changed. */
  changes: readonly (readonly unknown[])[];
}

/** For a button that does one thing at once: says that it did, or why not. */
export function useAction<T = void>({ run, done, changes }: Action<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (_, what) => {
      await Promise.all(changes.map((queryKey) => client.invalidateQueries({ queryKey })));
      toast('good', done(what));
    },
    onError: (error) => toast('bad', error.message),
  });
}
