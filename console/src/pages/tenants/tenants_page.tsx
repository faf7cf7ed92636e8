import { useInfiniteQuery } from '@tanstack/react-query';
import { useContext } from 'react';
import { listTenants } from '../../api/tenants';
import { TenantContext } from '../../lib/tenant';
import { tenantsKey } from '../../lib/tenants_query';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { LoadMore } from '../../ui/load_more';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { CreateTenant } from './create_tenant';

const kPageSize = 50;

export function TenantsPage() {
  // Null where there is no tenant at all: this page is then where the first is made.
  const current = useContext(TenantContext);
  const tenants = useInfiniteQuery({
    queryKey: [...tenantsKey, 'pages'],
    queryFn: ({ pageParam, signal }) => listTenants(pageParam, kPageSize, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = tenants.data?.pages.flatMap((page) => page.data) ?? [];

  return (
    <Page
      title="Tenants"
      lead="Each tenant has its own links and keys, and sees nothing of the others."
    >
      <Course>
        <CreateTenant />
      </Course>
      <Course>
        {tenants.isPending && <Skeleton rows={3} label="Loading tenants" />}
        {tenants.isError && <ErrorNotice error={tenants.error} />}
        {tenants.isSuccess && rows.length === 0 && (
          <EmptyState title="No tenants yet">
            <p>Everything in Ashlar belongs to a tenant: a team, a product, a customer.</p>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <Table
            label="Tenants"
            className="tenant-table"
            columns={
              <>
                <Column>Name</Column>
                <Column>Created</Column>
                <ActionsColumn />
              </>
            }
          >
            {rows.map((tenant) => (
              <Row key={tenant.id}>
                <RowHead>{tenant.name}</RowHead>
                <Cell>
                  <Timestamp at={tenant.created_at} />
                </Cell>
                <Cell>
                  {tenant.name === current?.tenant ? (
                    <Badge tone="good">Current</Badge>
                  ) : (
                    <Button
                      small
                      onPress={() => current?.switchTo(tenant.name)}
                      aria-label={`Switch to ${tenant.name}`}
                    >
                      Switch
                    </Button>
                  )}
                </Cell>
              </Row>
            ))}
          </Table>
        )}
        <LoadMore
          hasMore={tenants.hasNextPage}
          isLoading={tenants.isFetchingNextPage}
          onLoad={() => void tenants.fetchNextPage()}
        />
      </Course>
    </Page>
  );
}
