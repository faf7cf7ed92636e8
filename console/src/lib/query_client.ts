import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, hasStatus } from '../api/problem';
import type { Session } from '../api/session';

export const kSessionKey = ['session'];

const kRetries = 2;

/** Asking again helps against a lost connection or an overloaded server, not against a refusal. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (failures >= kRetries || !(error instanceof ApiError)) return false;
  const { status } = error.problem;
  return status === 0 || status === 429 || status >= 500;
}

export function createQueryClient(): QueryClient {
  // Any 401 means that the session ended (expired, or ended elsewhere): the shell then shows the
  // sign-in page, and the address stays, so that signing in leads back.
  const onError = (error: unknown) => {
    if (!hasStatus(error, 401)) return;
    client.setQueryData<Session>(kSessionKey, (old) => old && { ...old, authenticated: false });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: worthRetrying, staleTime: 5_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}
