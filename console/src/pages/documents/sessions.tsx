import { useQuery } from '@tanstack/react-query';
import { endSession, listSessions, type DocumentSession } from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { documentKeys } from './document_keys';
import './sessions.css';

const kRefreshMs = 3_000;
const kAccessWords = { read: 'reads', comment: 'comments', write: 'writes' };

function SessionRow({ document: name, session }: { document: string; session: DocumentSession }) {
  const { tenant } = useTenant();
  const who = session.name === '' ? session.user : session.name;
  const ending = useAction({
    run: () => endSession(tenant, name, session.id),
    done: () => `${who} was sent away.`,
    changes: [documentKeys.sessions(tenant, name)],
  });
  return (
    <Row>
      <RowHead className="session-who">
        <span className="cut">{who}</span>
        {who !== session.user && <span className="table-small mono">{session.user}</span>}
      </RowHead>
      <Cell className="session-access">{kAccessWords[session.access]}</Cell>
      <Cell className="session-wire">{session.wire}</Cell>
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

export function Sessions({ name }: { name: string }) {
  const { tenant } = useTenant();
  const sessions = useQuery({
    queryKey: documentKeys.sessions(tenant, name),
    queryFn: ({ signal }) => listSessions(tenant, name, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const rows = sessions.data ?? [];
  return (
    <Course title="Who has it open">
      <ErrorNotice error={sessions.error} />
      {sessions.isSuccess && rows.length === 0 && <p>Nobody at the moment.</p>}
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
            <SessionRow key={session.id} document={name} session={session} />
          ))}
        </Table>
      )}
    </Course>
  );
}
