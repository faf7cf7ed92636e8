import { useState } from 'react';
import { listEvents, type LoggedEvent } from '../../api/events';
import { jsonText } from '../../lib/json_text';
import { useTenant } from '../../lib/tenant';
import { useDebounced } from '../../lib/use_debounced';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { Modal, ModalActions } from '../../ui/modal';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { RowTitle } from '../../ui/row_title';
import { ActionsColumn, Cell, Column, Row, Table } from '../../ui/table';
import { TextField } from '../../ui/text_field';
import { Timestamp } from '../../ui/timestamp';
import { eventKeys, kRefreshMs } from './events_view';
import './event_log.css';

const kPageSize = 25;
const kTypingPauseMs = 250;

function EventRow({ event, onView }: { event: LoggedEvent; onView: () => void }) {
  return (
    <Row>
      <RowTitle className="event-type" title={event.type} detail={event.id} detailMono />
      <Cell className="event-of">
        <span className="cut" title={event.aggregate_id}>
          {event.aggregate_type} <span className="mono">{event.aggregate_id}</span>
        </span>
      </Cell>
      <Cell className="event-time">
        <Timestamp at={event.time} />
      </Cell>
      <Cell className="event-actions" end>
        <Button small onPress={onView} aria-label={`View ${event.type} ${event.aggregate_id}`}>
          View
        </Button>
      </Cell>
    </Row>
  );
}

function EventBody({ event, onClose }: { event: LoggedEvent; onClose: () => void }) {
  return (
    <>
      <Facts>
        <Fact name="Happened">
          <Timestamp at={event.time} />
        </Fact>
        <Fact name="Of">
          {event.aggregate_type} {event.aggregate_id}
        </Fact>
        <Fact name="Sequence" numeric>
          {event.sequence}
        </Fact>
        <Fact name="Id" className="facts-long">
          <span className="mono">{event.id}</span>
        </Fact>
      </Facts>
      <CodeBlock code={jsonText(event.data)} label="Data of the event" />
      <ModalActions>
        <Button onPress={onClose}>Close</Button>
      </ModalActions>
    </>
  );
}

/** What happened in the tenant that is shown. */
export function EventLog() {
  const { tenant } = useTenant();
  const [text, setText] = useState('');
  const [viewing, setViewing] = useState<LoggedEvent | null>(null);
  const type = useDebounced(text.trim(), kTypingPauseMs);
  const events = usePaged(
    eventKeys.log(tenant, type),
    (cursor, signal) => listEvents(tenant, type, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <Course
      title={`What happened in ${tenant}`}
      tools={
        <div className="field-inline">
          <TextField
            label="Type"
            type="search"
            mono
            placeholder="link.*"
            value={text}
            onChange={setText}
          />
        </div>
      }
    >
      <Paged
        list={events}
        what="events"
        skeleton={8}
        empty={
          <EmptyState title={type === '' ? 'Nothing has happened yet' : 'No such event'}>
            <p>Events are kept until all have been told, and for a while after.</p>
          </EmptyState>
        }
      >
        <Table
          label="Events"
          className="event-table"
          cards
          columns={
            <>
              <Column>Event</Column>
              <Column>Of</Column>
              <Column>When</Column>
              <ActionsColumn />
            </>
          }
        >
          {events.rows.map((event) => (
            <EventRow key={event.id} event={event} onView={() => setViewing(event)} />
          ))}
        </Table>
      </Paged>
      <Modal
        title={viewing?.type ?? ''}
        isOpen={viewing !== null}
        onClose={() => setViewing(null)}
        wide
      >
        {viewing !== null && <EventBody event={viewing} onClose={() => setViewing(null)} />}
      </Modal>
    </Course>
  );
}
