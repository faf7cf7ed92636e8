import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import {
  cancelNotification,
  getNotification,
  type Notification,
  type NotificationDelivery,
} from '../../../api/notifications';
import { hasStatus } from '../../../api/problem';
import { hrefs } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Fact, Facts } from '../../../ui/facts';
import { ErrorNotice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kRefreshMs, notificationKeys } from '../notification_keys';
import {
  StateBadge,
  aboutWords,
  capital,
  kChannelWords,
  reasonWords,
  toWords,
} from '../notification_words';
import { places } from '../places';
import { Story } from './story';
import '../tables.css';

const kLongFacts = new Set(['Category', 'Dedupe key']);

function MessageFacts({ message }: { message: Notification }) {
  const { to, template, reason } = message;
  const optional: [string, ReactNode][] = [
    ['Category', message.category],
    ['Not before', message.send_at && <Timestamp at={message.send_at} />],
    ['Expires', message.expires_at && <Timestamp at={message.expires_at} />],
    ['Dedupe key', message.dedupe_key && <span className="mono">{message.dedupe_key}</span>],
    [
      'Part of',
      message.digested_into && (
        <a href={places.message(message.digested_into)}>{message.digested_into}</a>
      ),
    ],
  ];
  return (
    <Facts>
      <Fact name="State">
        <StateBadge state={message.state} />
      </Fact>
      {reason !== null && <Fact name="Because">{capital(reasonWords(reason))}</Fact>}
      <Fact name="To" className="facts-wide">
        {to.user_id ? <a href={places.recipient(to.user_id)}>{to.user_id}</a> : toWords(to)}
      </Fact>
      <Fact name="Says" className="facts-wide">
        {template === null ? 'Its own text' : <a href={places.template(template)}>{template}</a>}
      </Fact>
      {message.template_version !== null && (
        <Fact name="Version" numeric>
          {message.template_version}
        </Fact>
      )}
      {optional.map(
        ([name, value]) =>
          value !== null &&
          value !== '' && (
            <Fact
              key={name}
              name={name}
              {...(kLongFacts.has(name) ? { className: 'facts-wide' } : {})}
            >
              {value}
            </Fact>
          ),
      )}
      <Fact name="Priority">{capital(message.priority)}</Fact>
      <Fact name="Created">
        <Timestamp at={message.created_at} />
      </Fact>
    </Facts>
  );
}

function DeliveryRow({ delivery }: { delivery: NotificationDelivery }) {
  const { reason, next_attempt_at: next, provider_ref: ref } = delivery;
  return (
    <Row>
      <RowHead className="notified-head">{kChannelWords[delivery.channel]}</RowHead>
      <Cell className="notified-more">
        <span className="cut" title={delivery.address}>
          {delivery.address}
        </span>
        {ref !== null && (
          <span className="table-small mono" title={ref}>
            {ref}
          </span>
        )}
      </Cell>
      <Cell className="notified-side">
        <StateBadge state={delivery.state} />
        {reason !== null && <span className="table-small">{reasonWords(reason)}</span>}
      </Cell>
      <Cell className="notified-foot numeric" label="Attempts" end>
        {delivery.attempts}
      </Cell>
      {next === null ? (
        <Cell className="notified-end notified-none">–</Cell>
      ) : (
        <Cell className="notified-end" label="Next">
          <Timestamp at={next} />
        </Cell>
      )}
    </Row>
  );
}

function Deliveries({ deliveries }: { deliveries: readonly NotificationDelivery[] }) {
  if (deliveries.length === 0) return null;
  return (
    <Course title="Deliveries">
      <Table
        label="Deliveries"
        className="notified sent-table"
        cards
        columns={
          <>
            <Column>Channel</Column>
            <Column>Address</Column>
            <Column>State</Column>
            <Column end>Attempts</Column>
            <Column>Next attempt</Column>
          </>
        }
      >
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} />
        ))}
      </Table>
    </Course>
  );
}

function Actions({ message }: { message: Notification }) {
  const { tenant } = useTenant();
  const cancelling = useAction({
    run: () => cancelNotification(tenant, message.id),
    done: () => 'What was not sent yet is not sent any more.',
    changes: [notificationKeys.all(tenant)],
  });
  const { user_id: user } = message.to;
  const asked = {
    ...(user ? { user } : {}),
    ...(message.template === null ? {} : { template: message.template }),
    ...(message.category === null ? {} : { category: message.category }),
  };
  return (
    <>
      {message.state === 'accepted' && (
        <Button onPress={() => cancelling.mutate()} isPending={cancelling.isPending}>
          Cancel it
        </Button>
      )}
      {user && (
        <a className="button button-quiet" href={places.why(asked)}>
          What would happen now?
        </a>
      )}
    </>
  );
}

function Content({ message }: { message: Notification }) {
  return (
    <>
      <Course>
        <MessageFacts message={message} />
      </Course>
      <Deliveries deliveries={message.deliveries ?? []} />
      <Course title="What happened">
        <Story message={message} />
      </Course>
    </>
  );
}

export function MessagePage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: notificationKeys.message(tenant, id),
    queryFn: ({ signal }) => getNotification(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const message = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={`Notification ${id}`}
      lead={
        missing ? undefined : message ? `${aboutWords(message)}, to ${toWords(message.to)}` : '…'
      }
      crumb={<a href={hrefs.notifications}>Notifications</a>}
      actions={message && <Actions message={message} />}
    >
      {message ? (
        <Content message={message} />
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such notification">
              <p>
                This tenant has none of this number, or it was cleaned up. See{' '}
                <a href={hrefs.notifications}>all notifications</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the notification" />}
        </Course>
      )}
    </Page>
  );
}
