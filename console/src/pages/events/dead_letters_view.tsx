import { useState } from 'react';
import { listDeadLetters, replayDeadLetter, type DeadLetter } from '../../api/events';
import { jsonText } from '../../lib/json_text';
import { adjust } from '../../lib/router';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { Modal, ModalActions } from '../../ui/modal';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { RowTitle } from '../../ui/row_title';
import { SelectField } from '../../ui/select_field';
import { ActionsColumn, Cell, Column, Row, Table } from '../../ui/table';
import { Said } from '../../ui/timeline';
import { Timestamp } from '../../ui/timestamp';
import { deadHref, eventKeys, kRefreshMs, useConsumers, useTenantName } from './events_view';
import './dead_letters_view.css';

const kPageSize = 25;

function keyOf({ aggregate_type, aggregate_id }: DeadLetter): string {
  return `${aggregate_type} ${aggregate_id}`;
}

function useReplay(onDone?: () => void) {
  return useAction<DeadLetter>({
    run: async ({ id }) => {
      await replayDeadLetter(id);
      onDone?.();
    },
    done: ({ type, consumer }) => `${consumer} gets ${type} once more.`,
    changes: [eventKeys.letters, eventKeys.consumers],
  });
}

function LetterRow({ letter, onView }: { letter: DeadLetter; onView: () => void }) {
  const replaying = useReplay();
  const tenantName = useTenantName();
  return (
    <Row>
      <RowTitle
        className="letter-type"
        title={letter.type}
        detail={`${tenantName(letter.tenant)}: ${keyOf(letter)}`}
      />
      <Cell className="letter-consumer mono" label="For">
        {letter.consumer}
      </Cell>
      <Cell className="letter-error">
        <span className="cut mono" title={letter.error}>
          {letter.error}
        </span>
      </Cell>
      <Cell className="letter-died">
        <Timestamp at={letter.died_at} />
      </Cell>
      <Cell className="letter-actions" end>
        <div className="table-actions">
          <Button small onPress={onView} aria-label={`View letter ${letter.id}`}>
            View
          </Button>
          <Button
            small
            onPress={() => replaying.mutate(letter)}
            isPending={replaying.isPending}
            aria-label={`Replay letter ${letter.id}`}
          >
            Replay
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

function LetterBody({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const replaying = useReplay(onClose);
  const tenantName = useTenantName();
  return (
    <>
      <Facts>
        <Fact name="Consumer">
          <span className="mono">{letter.consumer}</span>
        </Fact>
        <Fact name="Happened">
          <Timestamp at={letter.time} />
        </Fact>
        <Fact name="Attempts" numeric>
          {letter.attempts}
        </Fact>
        <Fact name="Of" className="facts-long">
          {tenantName(letter.tenant)}: {keyOf(letter)}
        </Fact>
        <Fact name="Event" className="facts-long">
          <span className="mono">{letter.event_id}</span>
        </Fact>
      </Facts>
      <Said>{letter.error}</Said>
      <CodeBlock code={jsonText(letter.data)} label="Data of the event" />
      <ModalActions>
        <Button onPress={onClose}>Close</Button>
        <Button
          look="primary"
          onPress={() => replaying.mutate(letter)}
          isPending={replaying.isPending}
        >
          Replay
        </Button>
      </ModalActions>
    </>
  );
}

function NoLetters() {
  return (
    <EmptyState title="No dead letters">
      <p>
        An event that a consumer could not take, attempt after attempt, is put here and its key goes
        on. Once the cause is mended, replay it.
      </p>
    </EmptyState>
  );
}

export function DeadLettersView({ consumer }: { consumer: string | null }) {
  const consumers = useConsumers();
  const [viewing, setViewing] = useState<DeadLetter | null>(null);
  const letters = usePaged(
    [...eventKeys.letters, consumer],
    (cursor, signal) => listDeadLetters(consumer, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  const names = new Set((consumers.data ?? []).map(({ name }) => name));
  if (consumer !== null) names.add(consumer);
  return (
    <Course
      title="Dead letters"
      tools={
        <div className="field-inline">
          <SelectField
            label="Consumer"
            value={consumer ?? ''}
            options={[
              { value: '', label: 'All' },
              ...[...names].map((name) => ({ value: name, label: name })),
            ]}
            onChange={(next) => adjust(deadHref(next))}
          />
        </div>
      }
    >
      <Paged list={letters} what="dead letters" skeleton={6} empty={<NoLetters />}>
        <Table
          label="Dead letters"
          className="letter-table"
          cards
          columns={
            <>
              <Column>Event</Column>
              <Column>Consumer</Column>
              <Column>Error</Column>
              <Column>Died</Column>
              <ActionsColumn />
            </>
          }
        >
          {letters.rows.map((letter) => (
            <LetterRow key={letter.id} letter={letter} onView={() => setViewing(letter)} />
          ))}
        </Table>
      </Paged>
      <Modal
        title={viewing?.type ?? ''}
        isOpen={viewing !== null}
        onClose={() => setViewing(null)}
        wide
      >
        {viewing !== null && <LetterBody letter={viewing} onClose={() => setViewing(null)} />}
      </Modal>
    </Course>
  );
}
