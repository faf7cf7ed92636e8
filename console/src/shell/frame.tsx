import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, lazy, useMemo, useState } from 'react';
import { TenantContext, rememberTenant, rememberedTenant } from '../lib/tenant';
import { listTenants, type Tenant } from '../api/tenants';
import type { Route } from '../lib/router';
import { hrefs } from '../lib/router';
import { tenantsKey } from '../lib/tenants_query';
import { DocumentPage } from '../pages/documents/document_page';
import { DocumentsPage } from '../pages/documents/documents_page';
import { EventsPage } from '../pages/events/events_page';
import { ActivityPage } from '../pages/activity/activity_page';
import { KeysPage } from '../pages/keys/keys_page';
import { LimitsPage } from '../pages/limits/limits_page';
import { OwnRulePage } from '../pages/limits/own_rule_page';
import { RulePage } from '../pages/limits/rule_page';
import { AccountPage } from '../pages/ledger/account_page';
import { LedgerPage } from '../pages/ledger/ledger_page';
import { LinkPage } from '../pages/links/link_page';
import { LinksPage } from '../pages/links/links_page';
import { OverviewPage } from '../pages/overview/overview_page';
import { DisputePage } from '../pages/payments/dispute_page';
import { PaymentPage } from '../pages/payments/payment_page';
import { PaymentsPage } from '../pages/payments/payments_page';
import { ReconciliationPage } from '../pages/reconciliation/reconciliation_page';
import { SagaPage } from '../pages/sagas/saga_page';
import { SagasPage } from '../pages/sagas/sagas_page';
import { QueuePage } from '../pages/tasks/queue_page';
import { TaskPage } from '../pages/tasks/task_page';
import { TasksPage } from '../pages/tasks/tasks_page';
import { TenantsPage } from '../pages/tenants/tenants_page';
import { DeliveryPage } from '../pages/webhooks/delivery_page';
import { WebhookPage } from '../pages/webhooks/webhook_page';
import { WebhooksPage } from '../pages/webhooks/webhooks_page';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/notice';
import { Course, Page } from '../ui/page';
import { Header } from './header';
import { Nav } from './nav';
import './frame.css';

const Notifications = lazy(async () => ({
  default: (await import('../pages/notifications/notifications_section')).NotificationsSection,
}));

function Content({ route }: { route: Route }) {
  switch (route.page) {
    case 'links':
      return <LinksPage query={route.query} />;
    case 'link':
      return <LinkPage key={route.code} code={route.code} query={route.query} />;
    case 'overview':
      return <OverviewPage />;
    case 'activity':
      return <ActivityPage query={route.query} />;
    case 'limits':
      return <LimitsPage query={route.query} />;
    case 'limit':
      return <RulePage key={route.rule} name={route.rule} />;
    case 'own-limit':
      return <OwnRulePage key={route.rule} name={route.rule} />;
    case 'tasks':
      return <TasksPage query={route.query} />;
    case 'task':
      return <TaskPage key={route.id} id={route.id} />;
    case 'queue':
      return <QueuePage key={route.queue} queue={route.queue} query={route.query} />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'webhook':
      return <WebhookPage key={route.id} id={route.id} query={route.query} />;
    case 'delivery':
      return <DeliveryPage key={route.id} webhook={route.webhook} id={route.id} />;
    case 'events':
      return <EventsPage query={route.query} />;
    case 'sagas':
      return <SagasPage query={route.query} />;
    case 'saga':
      return <SagaPage key={route.id} id={route.id} />;
    case 'payments':
      return <PaymentsPage query={route.query} />;
    case 'payment':
      return <PaymentPage key={route.id} id={route.id} />;
    case 'dispute':
      return <DisputePage key={route.id} id={route.id} />;
    case 'reconciliation':
      return <ReconciliationPage key={route.id} id={route.id} />;
    case 'ledger':
      return <LedgerPage query={route.query} />;
    case 'account':
      return <AccountPage key={route.id} id={route.id} />;
    case 'documents':
      return <DocumentsPage />;
    case 'document':
      return <DocumentPage key={route.name} name={route.name} />;
    case 'notifications':
      return (
        <Suspense fallback={null}>
          <Notifications {...route} />
        </Suspense>
      );
    case 'keys':
      return <KeysPage />;
    case 'tenants':
      return <TenantsPage />;
    case 'claim':
    case 'unknown':
      return (
        <Page title="No such page">
          <Course>
            <p>
              This address leads nowhere. <a href={hrefs.links}>Go to the links</a>.
            </p>
          </Course>
        </Page>
      );
  }
}

function choose(tenants: Tenant[], wanted: string | null): string | null {
  return tenants.find((t) => t.name === wanted)?.name ?? tenants[0]?.name ?? null;
}

export function Frame({ route, version }: { route: Route; version: string }) {
  const client = useQueryClient();
  const [wanted, setWanted] = useState(rememberedTenant);
  const tenants = useQuery({
    queryKey: tenantsKey,
    queryFn: ({ signal }) => listTenants(null, 100, signal),
  });
  const list = tenants.data?.data ?? [];
  const tenant = choose(list, wanted);

  const current = useMemo(
    () =>
      tenant === null
        ? null
        : {
            tenant,
            switchTo: (name: string) => {
              rememberTenant(name);
              setWanted(name);
            },
          },
    [tenant],
  );

  // A server can have no tenant yet (or no more): then the one page that helps is that of tenants.
  const noTenant = tenants.isSuccess && tenant === null;
  return (
    <TenantContext value={current}>
      <div className="frame">
        <a className="skip-link" href="#content" onClick={skipToContent}>
          Skip to content
        </a>
        <Header tenants={list} />
        <Nav route={route} version={version} />
        <main id="content" className="content" tabIndex={-1} key={tenant}>
          {tenants.isError && (
            <Course>
              <ErrorNotice
                error={tenants.error}
                onRetry={
                  <Button onPress={() => void client.invalidateQueries({ queryKey: tenantsKey })}>
                    Try again
                  </Button>
                }
              />
            </Course>
          )}
          {noTenant && <TenantsPage />}
          {current !== null && <Content route={route} />}
        </main>
      </div>
    </TenantContext>
  );
}

/** The fragment is the router's, so the link must not change it. */
function skipToContent(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
