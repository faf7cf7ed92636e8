import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, lazy, useState } from 'react';
import { Form } from 'react-aria-components';
import {
  listVersions,
  nameVersion,
  restoreVersion,
  versionState,
  type DocumentVersion,
} from '../../api/documents';
import { formatCount } from '../../lib/numbers';
import { useTenant } from '../../lib/tenant';
import { formatFull } from '../../lib/time';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { TextField } from '../../ui/text_field';
import { Timestamp } from '../../ui/timestamp';
import { toast } from '../../ui/toast';
import { Changes } from './changes';
import { documentKeys } from './document_keys';
import { useUserWords } from './use_user_words';
import './history.css';

const kPageSize = 10;
const kRefreshMs = 10_000;
const DocumentView = lazy(async () => ({ default: (await import('./editor')).DocumentView }));

function titleOf(version: DocumentVersion): string {
  return version.label ?? formatFull(version.at);
}

function AsItWas({ name, version }: { name: string; version: DocumentVersion }) {
  const { tenant } = useTenant();
  const state = useQuery({
    queryKey: documentKeys.state(tenant, name, version.id),
    queryFn: ({ signal }) => versionState(tenant, name, version.id, signal),
    staleTime: Infinity,
  });
  return (
    <>
      <ErrorNotice error={state.error} />
      <Suspense fallback={<Skeleton rows={4} label="Loading the version" />}>
        {state.data === undefined ? (
          state.isPending && <Skeleton rows={4} label="Loading the version" />
        ) : (
          <DocumentView state={state.data} />
        )}
      </Suspense>
    </>
  );
}

const kPastViews = [
  { value: 'then', label: 'As it was' },
  { value: 'changes', label: 'Changed since' },
] as const;

function Past({
  name,
  version,
  onRestore,
  onClose,
}: {
  name: string;
  version: DocumentVersion;
  onRestore: () => void;
  onClose: () => void;
}) {
  const [view, setView] = useState<(typeof kPastViews)[number]['value']>('then');
  return (
    <>
      <div className="past-views">
        <Segmented label="Show" value={view} options={kPastViews} onChange={setView} />
      </div>
      {view === 'then' ? (
        <AsItWas name={name} version={version} />
      ) : (
        <Changes name={name} version={version.id} />
      )}
      <ModalActions>
        <Button onPress={onClose}>Close</Button>
        <Button look="primary" onPress={onRestore}>
          Restore…
        </Button>
      </ModalActions>
    </>
  );
}

function NameVersion({ name }: { name: string }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [label, setLabel] = useState('');
  const naming = useMutation({
    mutationFn: () => nameVersion(tenant, name, label.trim()),
    onSuccess: async () => {
      setLabel('');
      await client.invalidateQueries({ queryKey: documentKeys.versions(tenant, name) });
      toast('good', 'It is kept under that name.');
    },
    onError: (error) => toast('bad', error.message),
  });
  return (
    <Form
      className="name-version field-inline"
      onSubmit={(event) => {
        event.preventDefault();
        naming.mutate();
      }}
    >
      <TextField
        label="Name what is there now"
        placeholder="First draft"
        isRequired
        autoComplete="off"
        value={label}
        onChange={setLabel}
      />
      <Button type="submit" isPending={naming.isPending}>
        Keep
      </Button>
    </Form>
  );
}

interface VersionRowProps {
  version: DocumentVersion;
  wordsOf: (user: string) => string;
  onLook: () => void;
}

function VersionRow({ version, wordsOf, onLook }: VersionRowProps) {
  return (
    <Row>
      <RowHead className="history-title">
        <span className="cut">{version.label ?? <Timestamp at={version.at} />}</span>
        {version.label !== null && (
          <span className="table-small">
            <Timestamp at={version.at} />
          </span>
        )}
      </RowHead>
      <Cell className="history-users">
        <span className="cut" title={version.users.join(', ')}>
          {version.users.map(wordsOf).join(', ')}
        </span>
      </Cell>
      <Cell className="history-changes" unit={version.updates === 1 ? 'change' : 'changes'} end>
        {formatCount(version.updates)}
      </Cell>
      <Cell className="history-actions">
        <div className="table-actions">
          <Button small onPress={onLook}>
            Look
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

export function History({ name }: { name: string }) {
  const { tenant } = useTenant();
  const [looking, setLooking] = useState<DocumentVersion | null>(null);
  const [restoring, setRestoring] = useState<DocumentVersion | null>(null);
  const client = useQueryClient();
  const wordsOf = useUserWords();
  const versions = usePaged(
    documentKeys.versions(tenant, name),
    (cursor, signal) => listVersions(tenant, name, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <Course title="History" tools={<NameVersion name={name} />}>
      <Paged
        list={versions}
        what="versions"
        skeleton={3}
        empty={<p>No version yet: one is kept now and then while somebody writes.</p>}
      >
        <Table
          label="Versions"
          className="history-table"
          cards
          columns={
            <>
              <Column>Version</Column>
              <Column>Changed by</Column>
              <Column end>Changes</Column>
              <ActionsColumn />
            </>
          }
        >
          {versions.rows.map((version) => (
            <VersionRow
              key={version.id}
              version={version}
              wordsOf={wordsOf}
              onLook={() => setLooking(version)}
            />
          ))}
        </Table>
      </Paged>
      <Modal
        title={looking === null ? '' : titleOf(looking)}
        isOpen={looking !== null}
        onClose={() => setLooking(null)}
        wide
      >
        {looking !== null && (
          <Past
            name={name}
            version={looking}
            onRestore={() => {
              setRestoring(looking);
              setLooking(null);
            }}
            onClose={() => setLooking(null)}
          />
        )}
      </Modal>
      <Confirm
        title="Restore this version?"
        isOpen={restoring !== null}
        action="Restore"
        keep="Leave it as it is"
        run={async () => {
          if (restoring === null) return;
          const { changed } = await restoreVersion(tenant, name, restoring.id);
          await client.invalidateQueries({ queryKey: documentKeys.one(tenant, name) });
          toast('good', changed ? 'It reads as it did then.' : 'It reads so already.');
        }}
        onClose={() => setRestoring(null)}
      >
        The document will read as it did then ({restoring === null ? '' : titleOf(restoring)}).
        Everybody who has it open sees it happen and can go on writing. What is there now stays in
        the history.
      </Confirm>
    </Course>
  );
}
