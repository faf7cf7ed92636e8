import { useState } from 'react';
import {
  kNotificationStates,
  listNotifications,
  type Notification,
  type NotificationState,
} from '../../../api/notifications';
import { adjust, hrefs } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { CodeBlock } from '../../../ui/code_block';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { SelectField } from '../../../ui/select_field';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, kRefreshMs, notificationKeys } from '../notification_keys';
import {
  StateBadge,
  aboutWords,
  kChannelWords,
  kStateWords,
  reasonWords,
  toWords,
} from '../notification_words';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { SendMessage } from './send_message';
import '../tables.css';

const kStates = [
  { value: '', label: 'All states' },
  ...kNotificationStates.map((state) => ({ value: state, label: kStateWords[state] })),
];

function readFilter(query: string) {
  const params = new URLSearchParams(query);
  const wanted = params.get('state');
  const state = kNotificationStates.find((each) => each === wanted) ?? null;
  return { state, user_id: params.get('user'), template: params.get('template') };
}

function command(): string {
  return `curl ${window.location.origin}/v1/notifications \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -d '{"to":{"email":"ada@example.com"},"content":{"subject":"Hello","text":"It works."}}'`;
}

function NoMessages({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) {
    return (
      <EmptyState title="None fits">
        <p>Choose another state above.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="Nobody was told anything yet">
      <p>
        Send one above, or let a program do it. Put one of your <a href={hrefs.keys}>keys</a> (scope{' '}
        <code>notifications:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that sends a notification" />
      <p>
        Without a <a href={places.section('providers')}>provider</a> nothing leaves this machine:
        what would have been sent is <a href={places.section('caught')}>caught</a>.
      </p>
    </EmptyState>
  );
}

function MessageRow({ message }: { message: Notification }) {
  const { category, channels, reason } = message;
  const narrowed = channels.map((channel) => kChannelWords[channel]).join(', ');
  const below = [category, narrowed].filter((part) => (part ?? '') !== '').join(' · ');
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.message(message.id)}>
          {toWords(message.to)}
        </a>
      </RowHead>
      <Cell className="notified-more">
        <span className={message.template === null ? 'cut message-own' : 'cut mono'}>
          {aboutWords(message)}
        </span>
        {below !== '' && <span className="table-small">{below}</span>}
      </Cell>
      <Cell className="notified-side">
        <StateBadge state={message.state} />
        {reason !== null && <span className="table-small">{reasonWords(reason)}</span>}
      </Cell>
      <Cell className="notified-foot">
        <Timestamp at={message.created_at} />
      </Cell>
    </Row>
  );
}

interface NarrowedProps {
  user: string | null;
  template: string | null;
  state: NotificationState | null;
}

function Narrowed({ user, template, state }: NarrowedProps) {
  if (user === null && template === null) return null;
  return (
    <p className="narrowed">
      Only {user !== null && <strong>to {user}</strong>}
      {user !== null && template !== null && ' '}
      {template !== null && <strong className="mono">{template}</strong>} ·{' '}
      <a href={places.messages({ state })}>show all</a>
    </p>
  );
}

export function MessagesView({ query }: { query: string }) {
  const { tenant } = useTenant();
  const [sending, setSending] = useState(false);
  const filter = readFilter(query);
  const { state, user_id: user, template } = filter;
  const messages = usePaged(
    notificationKeys.messages(tenant, filter),
    (cursor, signal) => listNotifications(tenant, filter, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  const isNarrowed = state !== null || user !== null || template !== null;
  return (
    <SectionPage
      section=""
      actions={
        <>
          <a className="button button-quiet" href={places.why(user === null ? {} : { user })}>
            Why did they not get it?
          </a>
          <Button look="primary" onPress={() => setSending(true)}>
            Send one
          </Button>
        </>
      }
    >
      <Course
        title="Newest first"
        tools={
          <div className="field-inline">
            <SelectField
              label="State"
              value={state ?? ''}
              options={kStates}
              onChange={(next) => adjust(places.messages({ state: next, user, template }))}
            />
          </div>
        }
      >
        <Narrowed user={user} template={template} state={state} />
        <Paged
          list={messages}
          what="notifications"
          skeleton={8}
          empty={<NoMessages isNarrowed={isNarrowed} />}
        >
          <Table
            label="Notifications"
            className="notified message-table"
            cards
            columns={
              <>
                <Column>To</Column>
                <Column>What</Column>
                <Column>State</Column>
                <Column>When</Column>
              </>
            }
          >
            {messages.rows.map((message) => (
              <MessageRow key={message.id} message={message} />
            ))}
          </Table>
        </Paged>
      </Course>
      <SendMessage isOpen={sending} onClose={() => setSending(false)} />
    </SectionPage>
  );
}
