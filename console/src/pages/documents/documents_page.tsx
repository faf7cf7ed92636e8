import { useState } from 'react';
import { listDocuments, type DocumentInfo } from '../../api/documents';
import { formatBytes, formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { CreateDocument } from './create_document';
import { documentKeys } from './document_keys';
import './documents_page.css';

const kPageSize = 25;
const kRefreshMs = 5_000;

function program(): string {
  const origin = window.location.origin.replace(/^http/, 'ws');
  return `import * as Y from 'yjs';
import { WebsocketProvider } from 'y-websocket';

const doc = new Y.Doc();
new WebsocketProvider('${origin}/v1/documents/ws', 'meeting-notes', doc,
  { params: { token: 'YOUR_KEY' } });`;
}

function NoDocuments() {
  return (
    <EmptyState title="No documents yet">
      <p>
        Texts, boards and forms that several people edit at once, with any editor that speaks Yjs.
        Create one above and write in it here, or let a program open one. Put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>documents:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={program()} label="Program that opens a document" />
      <p>A document springs into being when somebody who may write opens it.</p>
    </EmptyState>
  );
}

function DocumentRow({ document: one }: { document: DocumentInfo }) {
  return (
    <Row>
      <RowHead className="document-name">
        <a className="cut mono" href={hrefs.document(one.name)} title={one.name}>
          {one.name}
        </a>
      </RowHead>
      <Cell className="document-open">
        {one.sessions === 0 ? '–' : `${formatCount(one.sessions)} here`}
      </Cell>
      <Cell className="document-size" end>
        {formatBytes(one.bytes)}
      </Cell>
      <Cell className="document-changes" end>
        {formatCount(one.updates)}
      </Cell>
      <Cell className="document-changed">
        <Timestamp at={one.updated_at} />
      </Cell>
    </Row>
  );
}

export function DocumentsPage() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const documents = usePaged(
    documentKeys.list(tenant),
    (cursor, signal) => listDocuments(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <Page
      title="Documents"
      lead="What several people edit at once: every change is kept before anybody sees it."
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New document
        </Button>
      }
    >
      <Course>
        <Paged list={documents} what="documents" skeleton={6} empty={<NoDocuments />}>
          <Table
            label="Documents"
            className="document-table"
            cards
            columns={
              <>
                <Column>Name</Column>
                <Column>Open</Column>
                <Column end>Size</Column>
                <Column end>Changes</Column>
                <Column>Changed</Column>
              </>
            }
          >
            {documents.rows.map((one) => (
              <DocumentRow key={one.name} document={one} />
            ))}
          </Table>
        </Paged>
      </Course>
      <CreateDocument isOpen={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
