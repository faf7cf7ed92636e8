import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { askWhy, type Why, type WhyNow, type WhyQuery } from '../../../api/notifications';
import { adjust, hrefs } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { ErrorNotice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { SelectField } from '../../../ui/select_field';
import { Skeleton } from '../../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { TextField } from '../../../ui/text_field';
import { Timestamp } from '../../../ui/timestamp';
import { notificationKeys } from '../notification_keys';
import {
  StateBadge,
  aboutWords,
  channelOptions,
  kChannelWords,
  reasonWords,
} from '../notification_words';
import { places } from '../places';
import { Story } from './story';
import '../tables.css';
import './why_page.css';

const kDecisions: Record<WhyNow['decision'], { tone: 'good' | 'off' | 'bad'; word: string }> = {
  send: { tone: 'good', word: 'Sent at once' },
  defer: { tone: 'off', word: 'Put off' },
  skip: { tone: 'bad', word: 'Not sent' },
  digest: { tone: 'off', word: 'Gathered' },
};

function readAsked(query: string): WhyQuery {
  const params = new URLSearchParams(query);
  const text = (name: string) => params.get(name) ?? '';
  return {
    user_id: text('user'),
    template: text('template'),
    category: text('category'),
    channel: text('channel'),
  };
}

function AskForm({ asked }: { asked: WhyQuery }) {
  const [draft, setDraft] = useState(asked);
  const set = (change: Partial<WhyQuery>) => setDraft((old) => ({ ...old, ...change }));
  return (
    <Form
      className="why-form"
      onSubmit={(event) => {
        event.preventDefault();
        const { user_id: user, ...rest } = draft;
        adjust(places.why({ user: user.trim(), ...rest }));
      }}
    >
      <TextField
        label="User"
        name="user_id"
        isRequired
        autoComplete="off"
        value={draft.user_id}
        onChange={(user_id) => set({ user_id })}
      />
      <TextField
        label="Template"
        name="template"
        placeholder="any"
        autoComplete="off"
        mono
        value={draft.template}
        onChange={(template) => set({ template })}
      />
      <TextField
        label="Category"
        name="category"
        placeholder="that of the template"
        autoComplete="off"
        value={draft.category}
        onChange={(category) => set({ category })}
      />
      <SelectField
        label="Channel"
        value={draft.channel}
        options={[{ value: '', label: 'Any' }, ...channelOptions]}
        onChange={(channel) => set({ channel })}
      />
      <Button look="primary" type="submit">
        Ask
      </Button>
    </Form>
  );
}

function NowRow({ now }: { now: WhyNow }) {
  const { tone, word } = kDecisions[now.decision];
  return (
    <Row>
      <RowHead className="notified-head">
        {kChannelWords[now.channel]}
        <span className="table-small" title={now.address}>
          {now.address}
        </span>
      </RowHead>
      <Cell className="notified-side">
        <Badge tone={tone}>{word}</Badge>
        {now.reason !== null && <span className="table-small">{reasonWords(now.reason)}</span>}
      </Cell>
      <Cell className="notified-more">{now.explanation}</Cell>
    </Row>
  );
}

function Answer({ why }: { why: Why }) {
  return (
    <>
      <Course title="If it were sent now">
        {why.now.length === 0 ? (
          <p className="narrowed">
            By no channel: there is no address for any that it has a text for.
          </p>
        ) : (
          <Table
            label="What the rules say now"
            className="notified why-table"
            cards
            columns={
              <>
                <Column>Channel</Column>
                <Column>Now</Column>
                <Column>Why</Column>
              </>
            }
          >
            {why.now.map((now) => (
              <NowRow key={`${now.channel} ${now.address}`} now={now} />
            ))}
          </Table>
        )}
      </Course>
      <Course title="The last ones">
        {why.recent.length === 0 && <p className="narrowed">None was asked for.</p>}
        {why.recent.map((message) => (
          <details className="why-recent" key={message.id}>
            <summary>
              <span className="why-about">{aboutWords(message)}</span>
              <StateBadge state={message.state} />
              <Timestamp at={message.created_at} />
            </summary>
            <Story message={message} />
            <p>
              <a href={places.message(message.id)}>Notification {message.id}</a>
            </p>
          </details>
        ))}
      </Course>
    </>
  );
}

export function WhyPage({ query }: { query: string }) {
  const { tenant } = useTenant();
  const asked = readAsked(query);
  const isAsked = asked.user_id !== '';
  const answer = useQuery({
    queryKey: notificationKeys.why(tenant, asked),
    queryFn: ({ signal }) => askWhy(tenant, asked, signal),
    enabled: isAsked,
  });
  return (
    <Page
      title="Why did they not get it?"
      crumb={<a href={hrefs.notifications}>Notifications</a>}
      lead="What each rule says of such a message now, and what became of the last ones."
    >
      <Course>
        <AskForm key={query} asked={asked} />
      </Course>
      {isAsked && answer.isPending && (
        <Course>
          <Skeleton rows={3} label="Asking" />
        </Course>
      )}
      {answer.isError && (
        <Course>
          <ErrorNotice error={answer.error} />
        </Course>
      )}
      {answer.data && <Answer why={answer.data} />}
    </Page>
  );
}
