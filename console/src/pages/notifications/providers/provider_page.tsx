import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  deleteProvider,
  getProvider,
  type NotificationProvider,
  type ProviderHealth,
} from '../../../api/notification_providers';
import { listLetters } from '../../../api/notifications';
import { hasStatus } from '../../../api/problem';
import { formatRate } from '../../../lib/numbers';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { CopyButton } from '../../../ui/copy_button';
import { EmptyState } from '../../../ui/empty_state';
import { Fact, Facts } from '../../../ui/facts';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { Said, Timeline } from '../../../ui/timeline';
import { kRefreshMs, notificationKeys } from '../notification_keys';
import { capital, reasonWords } from '../notification_words';
import { places } from '../places';
import { EditProvider } from './edit_provider';
import { isSecret, kindOf } from './provider_kinds';
import { HealthBadge, kindWords, troubleWords } from './provider_words';
import { EnableProvider } from './providers_view';
import { useHealths } from './use_healths';
import './providers.css';

const kFailuresShown = 10;
const kShortLength = 16;

interface PartProps {
  provider: NotificationProvider;
  health: ProviderHealth | undefined;
}

function Health({ provider, health }: PartProps) {
  const trouble = provider.enabled ? troubleWords(health) : null;
  return (
    <Course>
      {trouble !== null && (
        <Notice tone="bad">
          <p>{trouble}</p>
        </Notice>
      )}
      <Facts>
        <Fact name="Health">
          <HealthBadge provider={provider} health={health} />
        </Fact>
        <Fact name="Calls failed" numeric bad={(health?.failures ?? 0) > 0}>
          {health === undefined ? '–' : `${health.failures} of ${health.calls}`}
        </Fact>
        <Fact name="In hand" numeric>
          {health?.running ?? '–'} of {provider.max_running}
        </Fact>
        <Fact name="Pace" numeric>
          {provider.pace_per_s === null
            ? 'no limit'
            : `${formatRate(provider.pace_per_s)} a second`}
        </Fact>
        <Fact name="Breaker opened" numeric>
          {health === undefined ? '–' : `${health.openings} times`}
        </Fact>
        <Fact name="Priority" numeric>
          {provider.priority}
        </Fact>
        <Fact name="Weight" numeric>
          {provider.weight}
        </Fact>
        {provider.project !== null && <Fact name="Project">{provider.project}</Fact>}
        {(health?.slowed ?? []).map(({ domain, rate_per_s: rate }) => (
          <Fact key={domain} name={`Spared: ${domain}`} className="facts-wide">
            at most {formatRate(rate)} a second for now
          </Fact>
        ))}
      </Facts>
    </Course>
  );
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return JSON.stringify(value);
}

function Settings({ provider }: { provider: NotificationProvider }) {
  const { settings, secrets, callback_url: callback } = provider;
  const labelOf = (name: string) =>
    kindOf(provider.type)?.fields.find((field) => field.name === name)?.label ??
    capital(name.replaceAll('_', ' '));
  const secretLabel = (name: string) => {
    const field = kindOf(provider.type)?.fields.find((each) => each.name.split('.')[0] === name);
    return field !== undefined && isSecret(field) ? field.label : name.toUpperCase();
  };
  const given = Object.entries(settings).filter(([, value]) => value !== '' && value !== null);
  return (
    <Course title="Settings">
      <Facts>
        {given.map(([name, value]) => (
          <Fact
            key={name}
            name={labelOf(name)}
            {...(shown(value).length < kShortLength ? {} : { className: 'facts-wide' })}
          >
            <span className="mono">{shown(value)}</span>
          </Fact>
        ))}
        {secrets.map((name) => (
          <Fact key={name} name={secretLabel(name)}>
            set, never shown
          </Fact>
        ))}
        {callback !== null && (
          <Fact name="Where the service tells what became of messages" className="facts-long">
            <span className="callback">
              <code>{callback}</code>
              <CopyButton text={callback} label="Copy callback" small />
            </span>
          </Fact>
        )}
      </Facts>
    </Course>
  );
}

function LastFailures({ provider }: { provider: NotificationProvider }) {
  const { tenant } = useTenant();
  const filter = { channel: null, reason: null, provider_id: provider.id };
  const letters = useQuery({
    queryKey: [...notificationKeys.lettersOf(tenant, filter), 'last'],
    queryFn: ({ signal }) => listLetters(tenant, filter, null, kFailuresShown, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const rows = letters.data?.data ?? [];
  return (
    <Course
      title="Last failures"
      tools={
        rows.length > 0 && <a href={places.letters({ provider: provider.id })}>All dead letters</a>
      }
    >
      <ErrorNotice error={letters.error} />
      {letters.isSuccess && rows.length === 0 && (
        <p className="narrowed">No dead letter was its fault.</p>
      )}
      <Timeline
        label="Last failures"
        moments={rows.map((letter) => ({
          key: letter.id,
          tone: 'bad',
          title: <a href={places.message(letter.notification_id)}>{letter.address}</a>,
          at: letter.failed_at,
          note: reasonWords(letter.reason),
          ...(letter.detail === '' ? {} : { children: <Said>{letter.detail}</Said> }),
        }))}
      />
    </Course>
  );
}

export function ProviderPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<'edit' | 'delete' | null>(null);
  const healths = useHealths();
  const answer = useQuery({
    queryKey: notificationKeys.provider(tenant, id),
    queryFn: ({ signal }) => getProvider(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const provider = answer.data;
  const missing = hasStatus(answer.error, 404);
  const close = () => setAsking(null);
  return (
    <Page
      title={provider?.name ?? `Provider ${id}`}
      crumb={<a href={places.section('providers')}>Providers</a>}
      lead={missing ? undefined : provider ? kindWords(provider.type) : '…'}
      actions={
        provider && (
          <>
            <EnableProvider provider={provider} />
            <Button onPress={() => setAsking('edit')}>Edit</Button>
            <Button onPress={() => setAsking('delete')}>Delete</Button>
          </>
        )
      }
    >
      {provider ? (
        <>
          <Health provider={provider} health={healths.data?.find((each) => each.id === id)} />
          <Settings provider={provider} />
          <LastFailures provider={provider} />
          <EditProvider provider={provider} isOpen={asking === 'edit'} onClose={close} />
          <Confirm
            title="Delete this provider?"
            isOpen={asking === 'delete'}
            onClose={close}
            action="Delete provider"
            run={() => deleteProvider(tenant, id)}
            done="It is deleted."
            onDone={() => go(places.section('providers'))}
          >
            Nothing more goes by <strong>{provider.name}</strong>, and its secrets are gone. What
            waits goes by another of its channel, or is a dead letter where there is none.
          </Confirm>
        </>
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such provider">
              <p>
                This tenant has none of this number. See{' '}
                <a href={places.section('providers')}>all providers</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the provider" />}
        </Course>
      )}
    </Page>
  );
}
