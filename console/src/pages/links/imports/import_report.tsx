import { useMutation } from '@tanstack/react-query';
import { listRefusals, type LinkImport, type Refusal } from '../../../api/link_imports';
import { saveFile } from '../../../lib/download';
import { linkKeys } from '../../../lib/links_cache';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { csvLine } from './csv_line';

const kPageSize = 50;
const kDownloadPageSize = 100;
/** As many as the server keeps of an import. */
const kMostKept = 10_000;

async function reportOf(tenant: string, id: string): Promise<Blob> {
  const lines = [csvLine(['row', 'code', 'url', 'reason', 'detail'])];
  let cursor: string | null = null;
  do {
    const page = await listRefusals(tenant, id, cursor, kDownloadPageSize);
    for (const { row, code, url, reason, detail } of page.data) {
      lines.push(csvLine([String(row), code, url, reason, detail]));
    }
    cursor = page.next_cursor;
  } while (cursor !== null && lines.length <= kMostKept);
  return new Blob(lines, { type: 'text/csv' });
}

function RefusalRow({ refusal: { row, code, url, reason, detail } }: { refusal: Refusal }) {
  return (
    <Row>
      <RowHead className="refusal-row numeric">{formatCount(row)}</RowHead>
      <Cell className="refusal-what">
        <span className="cut mono" title={code}>
          {code === '' ? '—' : code}
        </span>
        <span className="table-small" title={url}>
          {url}
        </span>
      </Cell>
      <Cell className="refusal-why">
        {detail}
        <span className="table-small mono">{reason}</span>
      </Cell>
    </Row>
  );
}

function Content({ import: done, onClose }: { import: LinkImport; onClose: () => void }) {
  const { tenant } = useTenant();
  const refusals = usePaged(
    [...linkKeys.imports(tenant), done.id, 'report', done.refused],
    (cursor, signal) => listRefusals(tenant, done.id, cursor, kPageSize, signal),
  );
  const saving = useMutation({
    mutationFn: () => reportOf(tenant, done.id),
    onSuccess: (file) => saveFile(`import-${done.id}-refused.csv`, file),
  });
  return (
    <>
      {done.refused > kMostKept && (
        <p className="modal-text">
          {formatCount(done.refused)} rows were refused; the first {formatCount(kMostKept)} of them
          were kept.
        </p>
      )}
      <div className="refusals">
        <Paged
          list={refusals}
          what="refused rows"
          skeleton={6}
          empty={
            <EmptyState title="Nothing was refused">
              <p>Each row became a link, or was one already.</p>
            </EmptyState>
          }
        >
          <Table
            label="Refused rows"
            className="refusal-table"
            cards
            columns={
              <>
                <Column>Row</Column>
                <Column>Code and target</Column>
                <Column>Why</Column>
              </>
            }
          >
            {refusals.rows.map((refusal) => (
              <RefusalRow key={refusal.row} refusal={refusal} />
            ))}
          </Table>
        </Paged>
      </div>
      <ErrorNotice error={saving.error} />
      <ModalActions>
        <Button onPress={onClose}>Close</Button>
        <Button look="primary" onPress={() => saving.mutate()} isPending={saving.isPending}>
          Download as CSV
        </Button>
      </ModalActions>
    </>
  );
}

/** Which rows of a file became no links, and why. */
export function ImportReport({ of, onClose }: { of: LinkImport | null; onClose: () => void }) {
  return (
    <Modal title="What was refused" isOpen={of !== null} onClose={onClose} wide>
      {of && <Content import={of} onClose={onClose} />}
    </Modal>
  );
}
