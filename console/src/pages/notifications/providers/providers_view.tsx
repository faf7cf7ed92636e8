import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  listProviders,
  updateProvider,
  type NotificationProvider,
  type ProviderHealth,
} from '../../../api/notification_providers';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { LiveMark } from '../../../ui/live_mark';
import { ErrorNotice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { Switch } from '../../../ui/switch';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { kRefreshMs, notificationKeys } from '../notification_keys';
import { kChannelWords } from '../notification_words';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { CreateProvider } from './create_provider';
import { HealthBadge, kindWords, paceWords, troubleWords } from './provider_words';
import { useHealths } from './use_healths';
import '../tables.css';
import './providers.css';

export function EnableProvider({ provider }: { provider: NotificationProvider }) {
  const { tenant } = useTenant();
  const switching = useAction<boolean>({
    run: (enabled) => updateProvider(tenant, provider.id, { enabled }),
    done: (enabled) => `${provider.name} is ${enabled ? 'asked again' : 'not asked any more'}.`,
    changes: [notificationKeys.providers(tenant), notificationKeys.healths(tenant)],
  });
  const shown = switching.isPending ? switching.variables : provider.enabled;
  return (
    <Switch
      isSelected={shown}
      onChange={(enabled) => switching.mutate(enabled)}
      aria-label={`Enabled: ${provider.name}`}
    />
  );
}

interface ProviderRowProps {
  provider: NotificationProvider;
  health: ProviderHealth | undefined;
}

function ProviderRow({ provider, health }: ProviderRowProps) {
  const trouble = troubleWords(health);
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.provider(provider.id)}>
          {provider.name}
        </a>
        <span className="table-small">{kindWords(provider.type)}</span>
      </RowHead>
      <Cell className="notified-more">
        <HealthBadge provider={provider} health={health} />
        {trouble !== null && (
          <span className="table-small" title={trouble}>
            {trouble}
          </span>
        )}
      </Cell>
      <Cell className="provider-calls numeric" label="Failed of the last">
        {health === undefined ? '–' : `${health.failures} of ${health.calls}`}
      </Cell>
      <Cell className="notified-foot numeric" label="Priority, weight">
        {provider.priority}, {provider.weight}
      </Cell>
      <Cell className="notified-line">{paceWords(provider)}</Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          <EnableProvider provider={provider} />
        </div>
      </Cell>
    </Row>
  );
}

function NoProviders() {
  return (
    <EmptyState title="No providers yet">
      <p>
        Nothing leaves this machine: what would have been sent is{' '}
        <a href={places.section('caught')}>caught</a>. Only the in-app inbox needs none. Add the
        service that carries your mails, pushes or SMS; with several of one channel the next takes
        over where one certainly failed.
      </p>
    </EmptyState>
  );
}

export function ProvidersView() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const healths = useHealths();
  const providers = useQuery({
    queryKey: notificationKeys.providers(tenant),
    queryFn: ({ signal }) => listProviders(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  // Those of one channel stand together, in the order in which they are asked.
  const rows = [...(providers.data ?? [])].sort(
    (a, b) => a.channel.localeCompare(b.channel) || a.priority - b.priority,
  );
  const channels = [...new Set(rows.map(({ channel }) => channel))];
  return (
    <SectionPage
      section="providers"
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New provider
        </Button>
      }
    >
      <Course
        title="In the order in which they are asked"
        tools={<LiveMark state={healths.isError ? 'waiting' : 'open'} />}
      >
        <ErrorNotice error={providers.error} />
        {providers.isPending && <Skeleton rows={4} label="Loading providers" />}
        {providers.isSuccess && rows.length === 0 && <NoProviders />}
        {channels.map((channel) => (
          <section key={channel} className="provider-channel">
            <h3>{kChannelWords[channel]}</h3>
            <Table
              label={`Providers: ${kChannelWords[channel]}`}
              className="notified provider-table"
              cards
              columns={
                <>
                  <Column>Provider</Column>
                  <Column>Health</Column>
                  <Column>Failed of the last</Column>
                  <Column>Priority, weight</Column>
                  <Column>Pace</Column>
                  <ActionsColumn />
                </>
              }
            >
              {rows
                .filter((provider) => provider.channel === channel)
                .map((provider) => (
                  <ProviderRow
                    key={provider.id}
                    provider={provider}
                    health={healths.data?.find(({ id }) => id === provider.id)}
                  />
                ))}
            </Table>
          </section>
        ))}
      </Course>
      <CreateProvider isOpen={creating} onClose={() => setCreating(false)} />
    </SectionPage>
  );
}
