import {
  kDeliveryStates,
  listDeliveries,
  type Delivery,
  type DeliveryState,
} from '../../api/webhooks';
import { adjust, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { RowTitle } from '../../ui/row_title';
import { Segmented } from '../../ui/segmented';
import { ActionsColumn, Cell, Column, Row, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { againWord, useSendAgain } from './send_again';
import { kRefreshMs, webhookKeys } from './webhook_keys';
import { DeliveryBadge, answerWords, kStateWords } from './webhook_words';
import './delivery_log.css';

const kPageSize = 25;
const kAny = 'any';
const kStates = [
  { value: kAny, label: 'All' },
  ...kDeliveryStates.map((state) => ({ value: state, label: kStateWords[state] })),
];

function readState(query: string): DeliveryState | null {
  const wanted = new URLSearchParams(query).get('state');
  return kDeliveryStates.find((state) => state === wanted) ?? null;
}

function DeliveryRow({ delivery, webhook }: { delivery: Delivery; webhook: string }) {
  const again = useSendAgain(webhook);
  const { id, event_type: type, event_id: event, state, attempts } = delivery;
  const word = againWord(delivery);
  return (
    <Row>
      <RowTitle
        className="delivery-type"
        title={type}
        href={hrefs.delivery(webhook, id)}
        detail={event}
        detailMono
      />
      <Cell className="delivery-state">
        <DeliveryBadge delivery={delivery} />
      </Cell>
      <Cell className="delivery-last">
        <span
          className={`cut${state === 'delivered' ? '' : ' delivery-bad'}`}
          title={answerWords(delivery)}
        >
          {answerWords(delivery)}
        </span>
      </Cell>
      <Cell className="delivery-attempts numeric" label="Attempts" end>
        {attempts}
      </Cell>
      <Cell className="delivery-when">
        <Timestamp at={delivery.created_at} />
      </Cell>
      <Cell className="delivery-actions" end>
        {word !== null && (
          <Button
            small
            onPress={() => again.mutate(delivery)}
            isPending={again.isPending}
            aria-label={`${word} ${type} ${event}`}
          >
            {word}
          </Button>
        )}
      </Cell>
    </Row>
  );
}

function NoDeliveries({ state }: { state: DeliveryState | null }) {
  return (
    <EmptyState title={state === null ? 'Nothing was sent yet' : `None is ${state}`}>
      <p>
        Each event of its types stands here, with what the service answered. Send a test to see.
      </p>
    </EmptyState>
  );
}

export function DeliveryLog({ webhook, query }: { webhook: string; query: string }) {
  const { tenant } = useTenant();
  const state = readState(query);
  const deliveries = usePaged(
    webhookKeys.log(tenant, webhook, state),
    (cursor, signal) => listDeliveries(tenant, webhook, state, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  const base = hrefs.webhook(webhook);
  return (
    <Course
      title="Deliveries"
      tools={
        <Segmented
          label="State"
          value={state ?? kAny}
          options={kStates}
          onChange={(next) => adjust(next === kAny ? base : `${base}?state=${next}`)}
        />
      }
    >
      <Paged
        list={deliveries}
        what="deliveries"
        skeleton={6}
        empty={<NoDeliveries state={state} />}
      >
        <Table
          label="Deliveries"
          className="delivery-table"
          cards
          columns={
            <>
              <Column>Event</Column>
              <Column>State</Column>
              <Column>Last answer</Column>
              <Column end>Attempts</Column>
              <Column>When</Column>
              <ActionsColumn />
            </>
          }
        >
          {deliveries.rows.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} webhook={webhook} />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
