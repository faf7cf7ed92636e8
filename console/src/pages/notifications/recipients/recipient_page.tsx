import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  createPreferencesLink,
  deleteRecipient,
  getRecipient,
  type Recipient,
} from '../../../api/recipients';
import { hasStatus } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { Fact, Facts } from '../../../ui/facts';
import { Modal } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Secret } from '../../../ui/secret';
import { Skeleton } from '../../../ui/skeleton';
import { Timestamp } from '../../../ui/timestamp';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { Devices } from './devices';
import { EditRecipient } from './edit_recipient';
import { SuppressedHere } from './suppressed_here';
import { Wishes } from './wishes';

const kShortLength = 16;

function hoursWords(hours: unknown): string {
  if (hours === null || hours === undefined) return 'none';
  const one = hours as { from?: string; to?: string; days?: unknown; channels?: unknown };
  const isSimple = typeof one.from === 'string' && typeof one.to === 'string';
  if (isSimple && !one.days && !one.channels) return `${one.from} to ${one.to}`;
  return JSON.stringify(hours);
}

function RecipientFacts({ recipient }: { recipient: Recipient }) {
  const attributes = Object.entries((recipient.attributes ?? {}) as Record<string, unknown>);
  return (
    <Facts>
      <Fact name="Mail" className="facts-wide">
        {recipient.email ?? 'none'}
      </Fact>
      <Fact name="Phone">{recipient.phone ?? 'none'}</Fact>
      <Fact name="Language">{recipient.locale ?? 'none'}</Fact>
      <Fact name="Time zone" className="facts-wide">
        {recipient.time_zone ?? 'UTC'}
      </Fact>
      <Fact name="Quiet hours">{hoursWords(recipient.quiet_hours)}</Fact>
      <Fact name="Changed">
        <Timestamp at={recipient.updated_at} />
      </Fact>
      {attributes.map(([name, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        const isLong = Math.max(name.length, text.length) > kShortLength;
        return (
          <Fact
            key={name}
            name={<span className="mono">{name}</span>}
            {...(isLong ? { className: 'facts-wide' } : {})}
          >
            {text}
          </Fact>
        );
      })}
    </Facts>
  );
}

type Asking = 'edit' | 'delete' | null;

function Actions({ user, onAsk }: { user: string; onAsk: (asking: Asking) => void }) {
  const { tenant } = useTenant();
  const [link, setLink] = useState<string | null>(null);
  const linking = useAction({
    run: async () => setLink(await createPreferencesLink(tenant, user)),
    done: () => 'The link is made.',
    changes: [],
  });
  return (
    <>
      <a className="button button-quiet" href={places.inbox(user)}>
        Inbox
      </a>
      <a className="button button-quiet" href={places.messages({ user })}>
        What they were sent
      </a>
      <a className="button button-quiet" href={places.why({ user })}>
        Why not?
      </a>
      <Button onPress={() => linking.mutate()} isPending={linking.isPending}>
        Their own page
      </Button>
      <Button onPress={() => onAsk('edit')}>Edit</Button>
      <Button onPress={() => onAsk('delete')}>Forget</Button>
      <Modal title="Their own page" isOpen={link !== null} onClose={() => setLink(null)}>
        {link !== null && (
          <Secret
            secret={link}
            label="Copy link"
            why="Whoever has it may change these wishes and nothing else, without signing in, for 400 days."
            onClose={() => setLink(null)}
          />
        )}
      </Modal>
    </>
  );
}

function NoSuchRecipient({ user }: { user: string }) {
  return (
    <EmptyState title="No such recipient">
      <p>
        Nothing is kept of this user: no address, no wishes. They may have an{' '}
        <a href={places.inbox(user)}>inbox</a> all the same. See{' '}
        <a href={places.recipients()}>all recipients</a>.
      </p>
    </EmptyState>
  );
}

export function RecipientPage({ user }: { user: string }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<Asking>(null);
  const answer = useQuery({
    queryKey: notificationKeys.recipient(tenant, user),
    queryFn: ({ signal }) => getRecipient(tenant, user, signal),
  });
  const recipient = answer.data?.data;
  const missing = hasStatus(answer.error, 404);
  const close = () => setAsking(null);
  return (
    <Page
      title={user}
      crumb={<a href={places.recipients()}>Recipients</a>}
      lead={missing ? undefined : recipient ? (recipient.name ?? 'No name is kept.') : '…'}
      actions={recipient && <Actions user={user} onAsk={setAsking} />}
    >
      {recipient && answer.data ? (
        <>
          <Course>
            <RecipientFacts recipient={recipient} />
          </Course>
          <SuppressedHere recipient={recipient} />
          <Wishes recipient={recipient} />
          <Devices user={user} />
          <EditRecipient answer={answer.data} isOpen={asking === 'edit'} onClose={close} />
          <Confirm
            title="Forget this recipient?"
            isOpen={asking === 'delete'}
            onClose={close}
            action="Forget"
            run={() => deleteRecipient(tenant, user)}
            done="Forgotten."
            onDone={() => go(places.recipients())}
          >
            <strong>{user}</strong> goes with its devices, wishes and places in topics. Suppressed
            addresses stay suppressed. This cannot be undone.
          </Confirm>
        </>
      ) : (
        <Course>
          {missing && <NoSuchRecipient user={user} />}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the recipient" />}
        </Course>
      )}
    </Page>
  );
}
