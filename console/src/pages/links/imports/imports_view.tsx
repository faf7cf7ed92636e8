// Imports of other shorteners' links, and the export of one's own.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelImport, listImports, type LinkImport } from '../../../api/link_imports';
import { linkKeys } from '../../../lib/links_cache';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Column, Table } from '../../../ui/table';
import { ExportLinks } from './export_links';
import { ImportReport } from './import_report';
import { ImportRow } from './import_row';
import { NewImport } from './new_import';
import { ResumeImport, type Interrupted } from './resume_import';
import { stop } from './uploads';
import './imports_view.css';

const kPageSize = 25;
const kBusyRefreshMs = 1_000;
const kQuietRefreshMs = 30_000;

const soonOf = (imports: LinkImport[]) =>
  imports.some(({ state }) => state === 'running') ? kBusyRefreshMs : kQuietRefreshMs;

function NoImports() {
  return (
    <EmptyState title="Nothing was imported yet">
      <p>
        Links of Shlink, Kutt, YOURLS, bit.ly or another Ashlar come over with their codes, titles,
        tags and counts. What cannot become a link is told row by row.
      </p>
    </EmptyState>
  );
}

interface DialogsProps {
  report: LinkImport | null;
  interrupted: Interrupted | null;
  cancelled: string | null;
  onClose: () => void;
}

function Dialogs({ report, interrupted, cancelled, onClose }: DialogsProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <>
      <ImportReport of={report} onClose={onClose} />
      <ResumeImport what={interrupted} onClose={onClose} />
      <Confirm
        title="Cancel this import?"
        isOpen={cancelled !== null}
        action="Cancel the import"
        keep="Let it go on"
        run={async () => {
          if (cancelled === null) return;
          // First: a part that arrives after the end would be refused.
          stop(tenant, cancelled);
          await cancelImport(tenant, cancelled);
        }}
        done="The import is cancelled."
        onDone={() => void client.invalidateQueries({ queryKey: linkKeys.imports(tenant) })}
        onClose={onClose}
      >
        Links that were made stay. The same file can be imported again: what is there already is not
        made twice.
      </Confirm>
    </>
  );
}

export function ImportsView() {
  const { tenant } = useTenant();
  const [isNew, setIsNew] = useState(false);
  const [report, setReport] = useState<LinkImport | null>(null);
  const [interrupted, setInterrupted] = useState<Interrupted | null>(null);
  const [cancelled, setCancelled] = useState<string | null>(null);
  const close = () => {
    setReport(null);
    setInterrupted(null);
    setCancelled(null);
  };
  const imports = usePaged(
    linkKeys.imports(tenant),
    (cursor, signal) => listImports(tenant, cursor, kPageSize, signal),
    { refreshMs: soonOf },
  );
  return (
    <>
      <Course
        title="Imports"
        tools={
          <Button look="primary" onPress={() => setIsNew(true)}>
            Import links
          </Button>
        }
      >
        <Paged list={imports} what="imports" skeleton={4} empty={<NoImports />}>
          <Table
            label="Imports"
            className="import-table"
            cards
            columns={
              <>
                <Column>Links of</Column>
                <Column>State</Column>
                <Column>Links</Column>
                <Column>Begun</Column>
                <ActionsColumn />
              </>
            }
          >
            {imports.rows.map((one) => (
              <ImportRow
                key={one.id}
                import={one}
                onReport={setReport}
                onResume={setInterrupted}
                onCancel={setCancelled}
              />
            ))}
          </Table>
        </Paged>
      </Course>
      <ExportLinks />
      <NewImport isOpen={isNew} onClose={() => setIsNew(false)} />
      <Dialogs report={report} interrupted={interrupted} cancelled={cancelled} onClose={close} />
    </>
  );
}
