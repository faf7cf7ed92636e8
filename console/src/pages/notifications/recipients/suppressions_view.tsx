import { liftSuppression, listSuppressions, type Suppression } from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, notificationKeys } from '../notification_keys';
import { capital, kChannelWords, reasonWords } from '../notification_words';
import '../tables.css';
import './recipients.css';

function SuppressedRow({ suppression }: { suppression: Suppression }) {
  const { tenant } = useTenant();
  const { channel, address, category, reason, source, detail } = suppression;
  const lifting = useAction({
    run: () => liftSuppression(tenant, suppression),
    done: () => `${address} may get messages again.`,
    changes: [notificationKeys.suppressions(tenant)],
  });
  const below = [kChannelWords[channel], category === null ? 'everything' : `only “${category}”`];
  const said = [`by ${source}`, detail].filter((part) => part !== '').join(': ');
  return (
    <Row>
      <RowHead className="notified-head">
        <span className="cut" title={address}>
          {address}
        </span>
        <span className="table-small">{below.join(' · ')}</span>
      </RowHead>
      <Cell className="notified-more">
        {capital(reasonWords(reason))}
        <span className="table-small" title={said}>
          {said}
        </span>
      </Cell>
      <Cell className="notified-foot">
        <Timestamp at={suppression.created_at} />
      </Cell>
      <Cell className="notified-side" end>
        <Button
          small
          onPress={() => lifting.mutate()}
          isPending={lifting.isPending}
          aria-label={`Lift ${address}`}
        >
          Lift
        </Button>
      </Cell>
    </Row>
  );
}

export function SuppressionsView() {
  const { tenant } = useTenant();
  const filter = { channel: null, address: null };
  const suppressions = usePaged(
    notificationKeys.suppressionsOf(tenant, filter),
    (cursor, signal) => listSuppressions(tenant, filter, cursor, kPageSize, signal),
    {},
  );
  return (
    <Course title="Addresses to which nothing goes">
      <Paged
        list={suppressions}
        what="suppressions"
        skeleton={6}
        empty={
          <EmptyState title="No address is suppressed">
            <p>
              Hard bounces, complaints, STOP by SMS and readers who unsubscribe put addresses here;
              you may too.
            </p>
          </EmptyState>
        }
      >
        <Table
          label="Suppressed addresses"
          className="notified suppressed-table"
          cards
          columns={
            <>
              <Column>Address</Column>
              <Column>Why</Column>
              <Column>Since</Column>
              <ActionsColumn />
            </>
          }
        >
          {suppressions.rows.map((suppression) => (
            <SuppressedRow
              key={`${suppression.channel} ${suppression.address} ${suppression.category ?? ''}`}
              suppression={suppression}
            />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
