import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteTopic, getTopic, listMembers, removeMember } from '../../../api/audiences';
import { hasStatus } from '../../../api/problem';
import { formatCount } from '../../../lib/numbers';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { ErrorNotice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import { NewTopic } from './new_topic';
import '../tables.css';
import './recipients.css';

function MemberRow({ topic, user }: { topic: string; user: string }) {
  const { tenant } = useTenant();
  const removing = useAction({
    run: () => removeMember(tenant, topic, user),
    done: () => `${user} is out of ${topic}.`,
    changes: [notificationKeys.topic(tenant, topic)],
  });
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.recipient(user)}>
          {user}
        </a>
      </RowHead>
      <Cell className="notified-side" end>
        <Button
          small
          onPress={() => removing.mutate()}
          isPending={removing.isPending}
          aria-label={`Take out ${user}`}
        >
          Take out
        </Button>
      </Cell>
    </Row>
  );
}

export function TopicPage({ name }: { name: string }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<'add' | 'delete' | null>(null);
  const topic = useQuery({
    queryKey: [...notificationKeys.topic(tenant, name), 'one'],
    queryFn: ({ signal }) => getTopic(tenant, name, signal),
  });
  const members = usePaged([...notificationKeys.topic(tenant, name), 'members'], (cursor, signal) =>
    listMembers(tenant, name, cursor, kPageSize, signal),
  );
  const missing = hasStatus(topic.error, 404);
  const count = topic.data?.members ?? 0;
  const close = () => setAsking(null);
  return (
    <Page
      title={name}
      crumb={<a href={places.recipients('topics')}>Topics</a>}
      lead={
        missing
          ? undefined
          : topic.data
            ? `${formatCount(count)} ${count === 1 ? 'user' : 'users'}`
            : '…'
      }
      actions={
        topic.data && (
          <>
            <Button onPress={() => setAsking('add')}>Put users in…</Button>
            <Button onPress={() => setAsking('delete')}>Delete</Button>
          </>
        )
      }
    >
      <Course>
        {missing ? (
          <EmptyState title="No such topic">
            <p>
              Nobody was put into it yet. See <a href={places.recipients('topics')}>all topics</a>.
            </p>
          </EmptyState>
        ) : (
          <>
            <ErrorNotice error={topic.error} />
            <Paged
              list={members}
              what="members"
              skeleton={6}
              empty={<EmptyState title="Nobody is in it">{null}</EmptyState>}
            >
              <Table
                label="Members"
                className="notified plain-table"
                cards
                columns={
                  <>
                    <Column>User</Column>
                    <ActionsColumn />
                  </>
                }
              >
                {members.rows.map(({ user_id: user }) => (
                  <MemberRow key={user} topic={name} user={user} />
                ))}
              </Table>
            </Paged>
          </>
        )}
      </Course>
      <NewTopic topic={name} isOpen={asking === 'add'} onClose={close} />
      <Confirm
        title="Delete this topic?"
        isOpen={asking === 'delete'}
        onClose={close}
        action="Delete topic"
        run={() => deleteTopic(tenant, name)}
        done="It is deleted."
        onDone={() => go(places.recipients('topics'))}
      >
        <strong>{name}</strong> goes with who is in it. The users themselves stay.
      </Confirm>
    </Page>
  );
}
