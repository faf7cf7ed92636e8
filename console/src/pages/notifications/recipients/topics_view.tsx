import { listTopics } from '../../../api/audiences';
import { useTenant } from '../../../lib/tenant';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import '../tables.css';
import './recipients.css';

export function TopicsView() {
  const { tenant } = useTenant();
  const topics = usePaged(
    notificationKeys.topics(tenant),
    (cursor, signal) => listTopics(tenant, cursor, kPageSize, signal),
    {},
  );
  return (
    <Course title="Lists that you keep">
      <Paged
        list={topics}
        what="topics"
        skeleton={5}
        empty={
          <EmptyState title="No topics yet">
            <p>A topic is a list of users by name. Put the first one in, and it is there.</p>
          </EmptyState>
        }
      >
        <Table
          label="Topics"
          className="notified plain-table"
          cards
          columns={
            <>
              <Column>Topic</Column>
              <Column>Made</Column>
            </>
          }
        >
          {topics.rows.map(({ name, created_at }) => (
            <Row key={name}>
              <RowHead className="notified-head">
                <a className="cut mono" href={places.topic(name)}>
                  {name}
                </a>
              </RowHead>
              <Cell className="notified-foot">
                <Timestamp at={created_at} />
              </Cell>
            </Row>
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
