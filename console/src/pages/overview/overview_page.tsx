import { useTenant } from '../../lib/tenant';
import { Course, Page } from '../../ui/page';
import { FailingProviders } from './failing_providers';
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
          <OwnRequests
            title="Heaviest endpoints"
            about="Requests of the last 5 minutes, redirects and sign-ins too."
            dimension="endpoint"
          />
          <OwnRequests
            title="Heaviest callers"
            about="Those of them that came with an API key or the administrator's session."
            dimension="user"
          />
          <OwnRequests
            title="Heaviest tenants"
            about="Those callers' requests that concerned one tenant."
            dimension="tenant"
          />
        </div>
      </Course>
      <Course title={`Tenant ${tenant}`}>
        <FailingProviders />
        <div className="cards">
          <BusyUsers />
          <NewestLinks />
        </div>
      </Course>
    </Page>
  );
}
