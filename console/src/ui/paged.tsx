// A list that comes in pages: what is asked, and what is said while, instead of, or below it.
import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Page } from '../api/http';
import { Button } from './button';
import { LoadMore } from './load_more';
import { ErrorNotice } from './notice';
import { Skeleton } from './skeleton';

interface PagedOptions<T> {
  /** For lists that change by themselves; a function says how soon, of what they hold just now. */
  refreshMs?: number | ((rows: T[]) => number);
  /** Old rows stay until those of a new filter are there. */
  keepsOld?: boolean;
}

function rowsOf<T>(data: InfiniteData<Page<T>> | undefined): T[] {
  return data?.pages.flatMap((page) => page.data) ?? [];
}

export function usePaged<T>(
  queryKey: readonly unknown[],
  ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>,
  { refreshMs, keepsOld = false }: PagedOptions<T> = {},
) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // Where there never was an answer, asking on would hide the error again and again.
    refetchInterval: ({ state }) => {
      if (refreshMs === undefined || (state.status === 'error' && state.data === undefined)) {
        return false;
      }
      return typeof refreshMs === 'number' ? refreshMs : refreshMs(rowsOf(state.data));
    },
    placeholderData: (old: InfiniteData<Page<T>, string | null> | undefined) =>
      keepsOld ? old : undefined,
  });
  return { ...query, rows: rowsOf(query.data) };
}

export interface PagedList {
  rows: readonly unknown[];
  isPending: boolean;
  isSuccess: boolean;
  isPlaceholderData: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  error: unknown;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

interface PagedProps {
  list: PagedList;
  /** "links": for "Loading links". */
  what: string;
  /** As many as the loaded list is likely to have. */
  skeleton: number;
  empty: ReactNode;
  children: ReactNode;
}

export function Paged({ list, what, skeleton, empty, children }: PagedProps) {
  return (
    <>
      {list.error !== null && (
        <ErrorNotice
          error={list.error}
          onRetry={<Button onPress={() => void list.refetch()}>Try again</Button>}
        />
      )}
      {list.isPending && <Skeleton rows={skeleton} label={`Loading ${what}`} />}
      {list.isSuccess && list.rows.length === 0 && empty}
      {list.rows.length > 0 && <div aria-busy={list.isPlaceholderData}>{children}</div>}
      <LoadMore
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage || list.isPlaceholderData}
        onLoad={() => void list.fetchNextPage()}
      />
    </>
  );
}
