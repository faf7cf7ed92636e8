import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listKeys } from '../../api/keys';
import { listVersions, type Version } from '../../api/limits';
import { useTenant } from '../../lib/tenant';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { limitKeys, useRules } from './limits_queries';
import { authorWords } from './rule_words';
import { ViewVersion } from './view_version';
import './versions_view.css';

const kPageSize = 25;
const kMostKeys = 100;

/** Names of keys, by which versions were written; those without one are known by their ends. */
function useKeyNames(): ReadonlyMap<string, string> {
  const { tenant } = useTenant();
  const keys = useQuery({
    queryKey: ['key-names', tenant],
    queryFn: ({ signal }) => listKeys(tenant, null, kMostKeys, signal),
  });
  const names = (keys.data?.data ?? []).flatMap(({ id, name }) =>
    name === null ? [] : [[id, name] as const],
  );
  return new Map(names);
}

interface VersionRowProps {
  row: Version;
  author: string;
  holds: boolean;
  onView: () => void;
}

function VersionRow({ row, author, holds, onView }: VersionRowProps) {
  return (
    <Row>
      <RowHead className="version-number numeric">
        {row.version}
        {holds && <Badge tone="good">holds</Badge>}
      </RowHead>
      <Cell className="version-summary">{row.summary}</Cell>
      <Cell className="version-rules numeric" end>
        {row.rules}
      </Cell>
      <Cell className="version-author">
        <span className="cut" title={row.author}>
          {author}
        </span>
      </Cell>
      <Cell className="version-time">
        <Timestamp at={row.written_at} />
      </Cell>
      <Cell className="version-actions" end>
        <Button small onPress={onView} aria-label={`View version ${row.version}`}>
          View
        </Button>
      </Cell>
    </Row>
  );
}

function NoVersions() {
  return (
    <EmptyState title="No versions yet">
      <p>Each change of the rules becomes one: who, when and what. The last hundred are kept.</p>
    </EmptyState>
  );
}

export function VersionsView() {
  const { tenant } = useTenant();
  const names = useKeyNames();
  const rules = useRules();
  const [viewing, setViewing] = useState<number | null>(null);
  const versions = usePaged(limitKeys.versions(tenant), (cursor, signal) =>
    listVersions(tenant, cursor, kPageSize, signal),
  );
  return (
    <Course title="Versions">
      <Paged list={versions} what="versions" skeleton={6} empty={<NoVersions />}>
        <Table
          label="Versions"
          className="rule-version-table"
          cards
          columns={
            <>
              <Column>Version</Column>
              <Column>Change</Column>
              <Column className="version-rules" end>
                Rules
              </Column>
              <Column>By</Column>
              <Column>When</Column>
              <ActionsColumn />
            </>
          }
        >
          {versions.rows.map((row) => (
            <VersionRow
              key={row.version}
              row={row}
              author={authorWords(row.author, names)}
              holds={row.version === rules.data?.data.version}
              onView={() => setViewing(row.version)}
            />
          ))}
        </Table>
      </Paged>
      <ViewVersion version={viewing} onClose={() => setViewing(null)} />
    </Course>
  );
}
