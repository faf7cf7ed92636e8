import {
  kDeliveryStates,
  listDeliveries,
  replayDelivery,
  type Delivery,
  type DeliveryState,
} from '../../api/webhooks';
import { adjust, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Segmented } from '../../ui/segmented';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, webhookKeys } from './webhook_keys';
import { DeliveryBadge, kStateWords } from './webhook_words';
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

export function useReplayDelivery(webhook: string) {
  const { tenant } = useTenant();
  return useAction<Delivery>({
    run: ({ id }) => replayDelivery(tenant, webhook, id),
    done: ({ event_type }) => `${event_type} is sent once more.`,
    changes: [webhookKeys.logs(tenant, webhook), webhookKeys.delivery(tenant, webhook)],
  });
}

/** "204", or why there was no answer. */
function lastWords({ last_status: status, last_error: error }: Delivery): string {
  if (status !== null) return `${status}${error === null ? '' : ` ${error}`}`;
  return error ?? '–';
}

function DeliveryRow({ delivery, webhook }: { delivery: Delivery; webhook: string }) {
  const replaying = useReplayDelivery(webhook);
  const { id, event_type: type, state } = delivery;
  return (
    <Row>
      <RowHead className="delivery-type">
        <a className="cut mono" href={hrefs.delivery(webhook, id)}>
          {type}
        </a>
        <span className="table-small mono" title={delivery.event_id}>
          {delivery.event_id}
        </span>
      </RowHead>
      <Cell className="delivery-state">
        <DeliveryBadge delivery={delivery} />
      </Cell>
      <Cell className="delivery-last">
        <span className="cut" title={lastWords(delivery)}>
          {lastWords(delivery)}
        </span>
      </Cell>
      <Cell className="delivery-attempts numeric" label="Attempts" end>
        {delivery.attempt}
      </Cell>
      <Cell className="delivery-when">
        <Timestamp at={delivery.created_at} />
      </Cell>
      <Cell className="delivery-actions" end>
        {state !== 'pending' && (
          <Button
            small
            onPress={() => replaying.mutate(delivery)}
            isPending={replaying.isPending}
            aria-label={`Replay ${type} ${delivery.event_id}`}
          >
            Replay
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
