import type { Queue } from '../../api/tasks';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { durationWords } from '../../lib/time';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { StoneBars } from '../../ui/stone_bars';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { PauseQueue } from './pause_queue';
import { boundWords } from './task_words';
import { kDepthsShown, type Depth, type Queues } from './tasks_queries';
import './queue_table.css';

interface QueueRowProps {
  queue: Queue;
  depths: readonly Depth[];
  onEdit: (queue: Queue) => void;
}

function QueueRow({ queue, depths, onEdit }: QueueRowProps) {
  const name = queue.queue;
  return (
    <Row>
      <RowHead className="queue-name">
        <a className="cut mono" href={hrefs.queue(name)}>
          {name}
        </a>
        {queue.paused && <Badge tone="off">Paused</Badge>}
        <span className="table-small">{boundWords(queue)}</span>
      </RowHead>
      <Cell className="queue-depths">
        <StoneBars values={depths} places={kDepthsShown} />
      </Cell>
      <Cell className="queue-ready numeric" unit="ready" end>
        {formatCount(queue.ready)}
      </Cell>
      <Cell className="queue-running numeric" unit="running" end>
        {formatCount(queue.running)}
      </Cell>
      <Cell className="queue-later numeric" unit="later" end>
        {formatCount(queue.scheduled + queue.held)}
      </Cell>
      <Cell className="queue-dead numeric" unit="dead" end>
        {queue.dead === 0 ? (
          '0'
        ) : (
          <a href={hrefs.queue(name, 'dead')} aria-label={`${queue.dead} dead in ${name}`}>
            {formatCount(queue.dead)}
          </a>
        )}
      </Cell>
      <Cell className="queue-oldest numeric" label="Oldest waits">
        {queue.oldest_ready_at === null ? '–' : durationWords(queue.latency_ms)}
      </Cell>
      <Cell className="queue-actions" end>
        <div className="table-actions">
          <PauseQueue queue={queue} small />
          <Button small onPress={() => onEdit(queue)} aria-label={`Settings of ${name}`}>
            Settings
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

interface QueueTableProps {
  queues: Queues;
  onEdit: (queue: Queue) => void;
}

export function QueueTable({ queues, onEdit }: QueueTableProps) {
  return (
    <Table
      label="Queues"
      className="queue-table"
      cards
      columns={
        <>
          <Column>Queue</Column>
          <Column className="queue-depths">Ready, the last minute</Column>
          <Column end>Ready</Column>
          <Column end>Running</Column>
          <Column end>Later</Column>
          <Column end>Dead</Column>
          <Column>Oldest waits</Column>
          <ActionsColumn />
        </>
      }
    >
      {queues.list.map((queue) => (
        <QueueRow
          key={queue.queue}
          queue={queue}
          depths={queues.depths.get(queue.queue) ?? []}
          onEdit={onEdit}
        />
      ))}
    </Table>
  );
}
