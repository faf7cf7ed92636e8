import { useTenant } from '../../lib/tenant';
import { Course, Page } from '../../ui/page';
import { OwnRequests } from './own_requests';
import { BusyUsers, NewestLinks } from './tenant_cards';

export function OverviewPage() {
  const { tenant } = useTenant();
  return (
    <Page
      title="Overview"
      lead="The last 5 minutes of this server, this page's own requests included."
    >
      <Course title="All tenants">
        <div className="cards">
          <OwnRequests title="Heaviest endpoints" dimension="endpoint" />
          <OwnRequests title="Heaviest callers" dimension="user" />
          <OwnRequests title="Heaviest tenants" dimension="tenant" />
        </div>
      </Course>
      <Course title={`Tenant ${tenant}`}>
        <div className="cards">
          <BusyUsers />
          <NewestLinks />
        </div>
      </Course>
    </Page>
  );
}
