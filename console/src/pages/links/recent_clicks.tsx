import { useInfiniteQuery } from '@tanstack/react-query';
import { listClicks, type Click } from '../../api/clicks';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { LoadMore } from '../../ui/load_more';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { Cell, Column, Row, Table } from '../../ui/table';

const kPageSize = 10;
const kAgents: Record<Click['agent'], string> = {
  browser: 'Browser',
  mobile: 'Phone',
  bot: 'Bot',
  other: 'Other',
};

export function RecentClicks({ code }: { code: string }) {
  const { tenant } = useTenant();
  const clicks = useInfiniteQuery({
    queryKey: linkKeys.clicks(tenant, code),
    queryFn: ({ pageParam, signal }) => listClicks(tenant, code, pageParam, kPageSize, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = clicks.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Course title="Recent">
      {clicks.isPending && <Skeleton rows={4} label="Loading recent clicks" />}
      {clicks.isError && <ErrorNotice error={clicks.error} />}
      {clicks.isSuccess && rows.length === 0 && (
        <p>Nobody has followed this link yet. Open it in another tab and watch this page.</p>
      )}
      {rows.length > 0 && (
        <Table
          label="Recent clicks"
          className="recent-clicks"
          columns={
            <>
              <Column>When</Column>
              <Column>With</Column>
              <Column>From</Column>
            </>
          }
        >
          {/* Clicks have no id, and two may share a second: the place in the list is the key. */}
          {rows.map((click, index) => (
            <Row key={index}>
              <Cell>
                <Timestamp at={click.at} />
              </Cell>
              <Cell>{kAgents[click.agent]}</Cell>
              <Cell>
                <span className="cut">{click.referrer ?? 'No referrer'}</span>
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      <LoadMore
        hasMore={clicks.hasNextPage}
        isLoading={clicks.isFetchingNextPage}
        onLoad={() => void clicks.fetchNextPage()}
      />
    </Course>
  );
}
