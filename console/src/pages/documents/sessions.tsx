import { useQuery } from '@tanstack/react-query';
import {
  endSession,
  listSessions,
  type DocumentSession,
  type DocumentSessions,
} from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { documentKeys } from './document_keys';
import { useUserWords } from './use_user_words';
import './sessions.css';

const kRefreshMs = 3_000;
const kAccessWords = { read: 'reads', comment: 'comments', write: 'writes' };

/** Instances are numbers that nobody knows: they are counted, in an order that stays. */
function instanceNumbers({ instances, missing }: DocumentSessions): Map<string, number> {
  const all = [...instances, ...missing].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return new Map(all.map((instance, index) => [instance, index + 1]));
}

function Missing({
  sessions,
  numbers,
}: {
  sessions: DocumentSessions;
  numbers: Map<string, number>;
}) {
  if (sessions.missing.length === 0) return null;
  const names = sessions.missing.map((instance) => numbers.get(instance)).join(', ');
  return (
    <Notice>
      {sessions.missing.length === 1 ? `Instance ${names} has` : `Instances ${names} have`} not
      answered: who has it open there is not in this list.
    </Notice>
  );
}

function SessionRow({
  document: name,
  session,
  instance,
}: {
  document: string;
  session: DocumentSession;
  /** Where there are several. */
  instance?: number | undefined;
}) {
  const { tenant } = useTenant();
  const user = useUserWords()(session.user);
  const who = session.name === '' ? user : session.name;
  const ending = useAction({
    run: () => endSession(tenant, name, session.id),
    done: () => `${who} was sent away.`,
    changes: [documentKeys.sessions(tenant, name)],
  });
  return (
    <Row>
      <RowHead className="session-who">
        <span className="cut">{who}</span>
        {who !== user && <span className="table-small">{user}</span>}
      </RowHead>
      <Cell className="session-access">{kAccessWords[session.access]}</Cell>
      <Cell className="session-wire">
        {session.wire}
        {instance !== undefined && (
          <span className="table-small" title={session.instance}>
            instance {instance}
          </span>
        )}
      </Cell>
      <Cell className="session-since">
        <Timestamp at={session.connected_at} />
      </Cell>
      <Cell className="session-actions">
        <div className="table-actions">
          <Button small onPress={() => ending.mutate()} isPending={ending.isPending}>
            Send away
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

interface SessionsProps {
  name: string;
  /** When this page itself came in; null: it is about to. */
  openedMs: number | null;
}

export function Sessions({ name, openedMs }: SessionsProps) {
  const { tenant } = useTenant();
  const sessions = useQuery({
    queryKey: documentKeys.sessions(tenant, name),
    queryFn: ({ signal }) => listSessions(tenant, name, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const rows = sessions.data?.data ?? [];
  const numbers = sessions.data ? instanceNumbers(sessions.data) : new Map<string, number>();
  // Before this page is among them there is somebody at the door: oneself.
  const isKnown = openedMs !== null && sessions.dataUpdatedAt > openedMs;
  const isNobody = rows.length === 0 && sessions.data?.missing.length === 0;
  return (
    <Course title="Who has it open">
      <ErrorNotice error={sessions.error} />
      {sessions.data && <Missing sessions={sessions.data} numbers={numbers} />}
      {sessions.data?.truncated && <p>There are more than are shown.</p>}
      {rows.length === 0 && !isKnown && !sessions.isError && (
        <Skeleton rows={1} label="Asking who has it open" />
      )}
      {isNobody && isKnown && <p>Nobody at the moment.</p>}
      {rows.length > 0 && (
        <Table
          label="Sessions"
          className="session-table"
          cards
          columns={
            <>
              <Column>Who</Column>
              <Column>May</Column>
              <Column>By</Column>
              <Column>Since</Column>
              <ActionsColumn />
            </>
          }
        >
          {rows.map((session) => (
            <SessionRow
              key={session.id}
              document={name}
              session={session}
              instance={numbers.size > 1 ? numbers.get(session.instance) : undefined}
            />
          ))}
        </Table>
      )}
    </Course>
  );
}
