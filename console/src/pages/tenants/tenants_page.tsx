import { useContext } from 'react';
import { listTenants } from '../../api/tenants';
import { TenantContext } from '../../lib/tenant';
import { tenantsKey } from '../../lib/tenants_query';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Timestamp } from '../../ui/timestamp';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { CreateTenant } from './create_tenant';

const kPageSize = 50;

export function TenantsPage() {
  // Null where there is no tenant at all: this page is then where the first is made.
  const current = useContext(TenantContext);
  const tenants = usePaged([...tenantsKey, 'pages'], (cursor, signal) =>
    listTenants(cursor, kPageSize, signal),
  );

  return (
    <Page
      title="Tenants"
      lead="Each tenant has its own links and keys, and sees nothing of the others."
    >
      <Course>
        <CreateTenant />
      </Course>
      <Course>
        <Paged
          list={tenants}
          what="tenants"
          skeleton={3}
          empty={
            <EmptyState title="No tenants yet">
              <p>Everything in Ashlar belongs to a tenant: a team, a product, a customer.</p>
            </EmptyState>
          }
        >
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
            {tenants.rows.map((tenant) => (
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
        </Paged>
      </Course>
    </Page>
  );
}
