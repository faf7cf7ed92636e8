import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listLinks, type LinkFilter } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { useDebounced } from '../../lib/use_debounced';
import { useLiveClicks } from '../../lib/use_live_clicks';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { LiveMark } from '../../ui/live_mark';
import { LoadMore } from '../../ui/load_more';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { CreateLink } from './create_link';
import { EditLink } from './edit_link';
import { LinkTable } from './link_table';
import { LinksEmpty } from './links_empty';
import { LinkSearch } from './link_search';
import './links_page.css';

const kPageSize = 25;
const kTypingPauseMs = 250;

const kStates = [
  { value: 'all', label: 'All' },
  { value: 'enabled', label: 'Enabled' },
  { value: 'disabled', label: 'Disabled' },
] as const;
type StateFilter = (typeof kStates)[number]['value'];

function toEnabled(state: StateFilter): boolean | null {
  return state === 'all' ? null : state === 'enabled';
}

function useLinks(filter: LinkFilter) {
  const { tenant } = useTenant();
  return useInfiniteQuery({
    queryKey: linkKeys.list(tenant, filter),
    queryFn: ({ pageParam, signal }) => listLinks(tenant, filter, pageParam, kPageSize, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // While one types, the old rows stay until the new ones are there.
    placeholderData: keepPreviousData,
  });
}

export function LinksPage() {
  const { tenant } = useTenant();
  const live = useLiveClicks(tenant, null);
  const [text, setText] = useState('');
  const [state, setState] = useState<StateFilter>('all');
  const [editing, setEditing] = useState<string | null>(null);

  const filter = { q: useDebounced(text.trim(), kTypingPauseMs), enabled: toEnabled(state) };
  const links = useLinks(filter);
  const rows = links.data?.pages.flatMap((page) => page.data) ?? [];
  const filtered = filter.q !== '' || filter.enabled !== null;
  const empty = links.isSuccess && rows.length === 0;

  return (
    <Page title="Links" lead="Short addresses that redirect, and count who followed them.">
      <Course>
        <CreateLink />
      </Course>
      <Course>
        <div className="links-filter">
          <LinkSearch value={text} onChange={setText} />
          <Segmented label="State" value={state} options={kStates} onChange={setState} />
          <LiveMark state={live} />
        </div>
        {links.isError && (
          <ErrorNotice
            error={links.error}
            onRetry={<Button onPress={() => void links.refetch()}>Try again</Button>}
          />
        )}
        {links.isPending && <Skeleton rows={8} label="Loading links" />}
        {empty && !filtered && <LinksEmpty />}
        {empty && filtered && (
          <EmptyState title="No link matches">
            <p>The search looks at codes and targets of this tenant.</p>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <div aria-busy={links.isPlaceholderData}>
            <LinkTable links={rows} onEdit={setEditing} />
          </div>
        )}
        <LoadMore
          hasMore={links.hasNextPage}
          isLoading={links.isFetchingNextPage || links.isPlaceholderData}
          onLoad={() => void links.fetchNextPage()}
        />
      </Course>
      <EditLink code={editing} onClose={() => setEditing(null)} />
    </Page>
  );
}
