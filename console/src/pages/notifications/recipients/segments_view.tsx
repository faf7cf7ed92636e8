import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteSegment, listSegments, previewSegment, type Segment } from '../../../api/audiences';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { kPageSize, notificationKeys } from '../notification_keys';
import { EditSegment } from './edit_segment';
import '../tables.css';
import './recipients.css';

/** "locale begins with de, plan is pro or team" */
function whereWords(where: unknown): string {
  const conditions = Object.entries((where ?? {}) as Record<string, unknown>);
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const words = conditions.map(([name, condition]) => {
    const what = name.replace(/^attributes\./, '').replaceAll('_', ' ');
    const { in: among, prefix } = Object(condition) as { in?: unknown[]; prefix?: string };
    if (prefix !== undefined) return `${what} begins with ${prefix}`;
    return `${what} is ${(among ?? [condition]).map(shown).join(' or ')}`;
  });
  return words.join(', ');
}

function SegmentRow({ segment, onEdit }: { segment: Segment; onEdit: () => void }) {
  const { tenant } = useTenant();
  const { name, description, where } = segment;
  const preview = useQuery({
    queryKey: notificationKeys.segmentPreview(tenant, name),
    queryFn: ({ signal }) => previewSegment(tenant, name, signal),
  });
  const deleting = useAction({
    run: () => deleteSegment(tenant, name),
    done: () => `${name} is deleted.`,
    changes: [notificationKeys.segments(tenant)],
  });
  const count = preview.data?.count;
  return (
    <Row>
      <RowHead className="notified-head">
        <span className="cut mono">{name}</span>
        {description !== null && <span className="table-small">{description}</span>}
      </RowHead>
      <Cell className="notified-more">
        <span title={JSON.stringify(where)}>{whereWords(where)}</span>
      </Cell>
      <Cell className="notified-foot numeric" label="Now" end>
        <span title={preview.data?.user_ids.join(', ')}>
          {count === undefined ? '–' : formatCount(count)}
        </span>
      </Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          <Button small onPress={onEdit} aria-label={`Edit ${name}`}>
            Edit
          </Button>
          <Button
            small
            onPress={() => deleting.mutate()}
            isPending={deleting.isPending}
            aria-label={`Delete ${name}`}
          >
            Delete
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

export function SegmentsView() {
  const { tenant } = useTenant();
  const [editing, setEditing] = useState<Segment | null>(null);
  const segments = usePaged(
    [...notificationKeys.segments(tenant), null],
    (cursor, signal) => listSegments(tenant, cursor, kPageSize, signal),
    {},
  );
  return (
    <Course title="Questions that are asked anew each time">
      <Paged
        list={segments}
        what="segments"
        skeleton={4}
        empty={
          <EmptyState title="No segments yet">
            <p>
              A segment is who fits at the moment of asking: by language, time zone and attributes.
            </p>
          </EmptyState>
        }
      >
        <Table
          label="Segments"
          className="notified segment-table"
          cards
          columns={
            <>
              <Column>Segment</Column>
              <Column>Who</Column>
              <Column end>Now</Column>
              <ActionsColumn />
            </>
          }
        >
          {segments.rows.map((segment) => (
            <SegmentRow key={segment.name} segment={segment} onEdit={() => setEditing(segment)} />
          ))}
        </Table>
      </Paged>
      <EditSegment segment={editing} isOpen={editing !== null} onClose={() => setEditing(null)} />
    </Course>
  );
}
