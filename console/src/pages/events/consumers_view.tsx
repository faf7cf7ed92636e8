import { useState } from 'react';
import type { Consumer } from '../../api/events';
import { formatCount } from '../../lib/numbers';
import { durationWords } from '../../lib/time';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { deadHref, useConsumers } from './events_view';
import { ReplayEvents } from './replay_events';
import './consumers_view.css';

interface ConsumerRowProps {
  consumer: Consumer;
  onReplay: () => void;
}

function ConsumerRow({ consumer, onReplay }: ConsumerRowProps) {
  const { name, lag_events: lag, lag_ms: lagMs, parked, dead, owner } = consumer;
  return (
    <Row>
      <RowHead className="consumer-name">
        <span className="cut mono" title={name}>
          {name}
        </span>
        <span className="table-small" title={owner ?? undefined}>
          {owner === null || owner === '' ? 'nobody works it just now' : `worked by ${owner}`}
        </span>
      </RowHead>
      <Cell className="consumer-state">
        {lag === 0 ? <Badge tone="good">Up to date</Badge> : <Badge tone="off">Behind</Badge>}
      </Cell>
      <Cell className="consumer-lag numeric" unit="behind" end>
        {formatCount(lag)}
      </Cell>
      <Cell className="consumer-age numeric" label="Oldest" end>
        {lag === 0 ? '–' : durationWords(lagMs)}
      </Cell>
      <Cell className="consumer-parked numeric" unit="parked" end>
        {formatCount(parked)}
      </Cell>
      <Cell className="consumer-dead numeric" unit="dead" end>
        {dead === 0 ? (
          '0'
        ) : (
          <a href={deadHref(name)} aria-label={`${dead} dead letters of ${name}`}>
            {formatCount(dead)}
          </a>
        )}
      </Cell>
      <Cell className="consumer-actions" end>
        <Button small onPress={onReplay} aria-label={`Replay for ${name}`}>
          Replay…
        </Button>
      </Cell>
    </Row>
  );
}

export function ConsumersView() {
  const consumers = useConsumers();
  const [replaying, setReplaying] = useState<string | null>(null);
  const list = consumers.data ?? [];
  return (
    <Course
      title="Consumers"
      tools={
        <LiveMark state={consumers.isError ? 'waiting' : consumers.data ? 'open' : 'connecting'} />
      }
    >
      {consumers.isError && (
        <ErrorNotice
          error={consumers.error}
          onRetry={<Button onPress={() => void consumers.refetch()}>Try again</Button>}
        />
      )}
      {consumers.isPending && <Skeleton rows={4} label="Loading consumers" />}
      {consumers.isSuccess && list.length === 0 && (
        <EmptyState title="No consumers">
          <p>
            Parts of Ashlar that are told of events each have a place in the log; they stand here
            with how far behind they are.
          </p>
        </EmptyState>
      )}
      {list.length > 0 && (
        <Table
          label="Consumers"
          className="consumer-table"
          cards
          columns={
            <>
              <Column>Consumer</Column>
              <Column>State</Column>
              <Column end>Behind</Column>
              <Column end>Oldest</Column>
              <Column end>Parked</Column>
              <Column end>Dead</Column>
              <ActionsColumn />
            </>
          }
        >
          {list.map((consumer) => (
            <ConsumerRow
              key={consumer.name}
              consumer={consumer}
              onReplay={() => setReplaying(consumer.name)}
            />
          ))}
        </Table>
      )}
      <ReplayEvents consumer={replaying} onClose={() => setReplaying(null)} />
    </Course>
  );
}
