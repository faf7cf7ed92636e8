import type { Key } from '../../api/keys';
import { useNow } from '../../lib/use_now';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Timestamp } from '../../ui/timestamp';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import './key_table.css';

function KeyStateBadge({ apiKey }: { apiKey: Key }) {
  const nowMs = useNow();
  if (apiKey.revoked_at !== null) return <Badge tone="off">Revoked</Badge>;
  if (apiKey.expires_at !== null && Date.parse(apiKey.expires_at) <= nowMs) {
    return <Badge tone="bad">Expired</Badge>;
  }
  return <Badge tone="good">Active</Badge>;
}

function KeyRow({ apiKey, onRevoke }: { apiKey: Key; onRevoke: (key: Key) => void }) {
  const name = apiKey.name ?? 'Unnamed';
  return (
    <Row>
      <RowHead className="key-name">
        {name}
        <code>{apiKey.prefix}…</code>
      </RowHead>
      <Cell className="key-scopes">
        {apiKey.scopes.map((scope) => (
          <code key={scope}>{scope}</code>
        ))}
      </Cell>
      <Cell>
        <KeyStateBadge apiKey={apiKey} />
      </Cell>
      <Cell label="Last used">
        {apiKey.last_used_at === null ? 'Never' : <Timestamp at={apiKey.last_used_at} />}
      </Cell>
      <Cell label="Expires">
        {apiKey.expires_at === null ? 'Never' : <Timestamp at={apiKey.expires_at} />}
      </Cell>
      <Cell className="key-actions" end>
        {apiKey.revoked_at === null && (
          <Button small onPress={() => onRevoke(apiKey)} aria-label={`Revoke ${name}`}>
            Revoke
          </Button>
        )}
      </Cell>
    </Row>
  );
}

export function KeyTable({ keys, onRevoke }: { keys: Key[]; onRevoke: (key: Key) => void }) {
  return (
    <Table
      label="Keys"
      className="key-table"
      cards
      columns={
        <>
          <Column>Key</Column>
          <Column>Scopes</Column>
          <Column>State</Column>
          <Column>Last used</Column>
          <Column>Expires</Column>
          <ActionsColumn />
        </>
      }
    >
      {keys.map((key) => (
        <KeyRow key={key.id} apiKey={key} onRevoke={onRevoke} />
      ))}
    </Table>
  );
}
