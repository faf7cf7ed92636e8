import { useQueryClient } from '@tanstack/react-query';
import type { LinkImport } from '../../../api/link_imports';
import { linkKeys } from '../../../lib/links_cache';
import { formatBytes, formatCount, formatShare } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { Meter } from '../../../ui/meter';
import { Cell, Row, RowHead } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { begunFile } from './begun_files';
import { isLive, kFormatWords, kSourceWords, kStateWords } from './import_words';
import type { Interrupted } from './resume_import';
import { begin, useUpload, type Upload } from './uploads';

function Uploading({ upload }: { upload: Upload }) {
  const { file, sent, error } = upload;
  if (error !== null) {
    return (
      <>
        <Badge tone="bad">Upload stopped</Badge>
        <span className="import-why">{error instanceof Error ? error.message : 'It failed.'}</span>
      </>
    );
  }
  return (
    <>
      <Badge tone="good">Uploading</Badge>
      <Meter label={`Upload of ${file.name}`} done={sent} of={file.size} />
      <span className="table-small numeric">
        {formatBytes(sent)} of {formatBytes(file.size)}
      </span>
    </>
  );
}

function State({ import: one, upload }: { import: LinkImport; upload: Upload | null }) {
  if (upload !== null && one.state === 'open') return <Uploading upload={upload} />;
  const { tone, word } = kStateWords[one.state];
  return (
    <>
      <Badge tone={tone}>{word}</Badge>
      {one.state === 'running' && (
        <>
          <Meter label={`Import ${one.id}`} done={one.bytes_done} of={one.bytes} />
          <span className="table-small numeric">{formatShare(one.bytes_done, one.bytes)}</span>
        </>
      )}
      {one.error !== null && <span className="import-why">{one.error}</span>}
    </>
  );
}

function Counts({ import: one }: { import: LinkImport }) {
  const others = [
    one.existing > 0 && `${formatCount(one.existing)} there already`,
    one.refused > 0 && `${formatCount(one.refused)} refused`,
  ].filter((words) => words !== false);
  return (
    <>
      {formatCount(one.created)} made
      <span className="table-small">{others.join(' · ')}</span>
    </>
  );
}

interface ImportRowProps {
  import: LinkImport;
  onReport: (of: LinkImport) => void;
  onResume: (what: Interrupted) => void;
  onCancel: (id: string) => void;
}

export function ImportRow({ import: one, onReport, onResume, onCancel }: ImportRowProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const upload = useUpload(tenant, one.id);
  const begun = one.state === 'open' ? begunFile(tenant, one.id) : null;
  const isStopped = one.state === 'open' && (upload === null || upload.error !== null);
  const goOn = () => {
    if (upload !== null) {
      const refresh = () => client.invalidateQueries({ queryKey: linkKeys.imports(tenant) });
      void begin(tenant, one.id, upload.file, upload.sent, refresh);
    } else if (begun !== null) {
      onResume({ import: one, begun });
    }
  };
  const about = one.domain ?? begun?.name ?? kFormatWords[one.format];
  return (
    <Row>
      <RowHead className="import-source">
        {kSourceWords[one.source]}
        <span className="table-small" title={about}>
          {about}
        </span>
      </RowHead>
      <Cell className="import-state">
        <State import={one} upload={upload} />
      </Cell>
      <Cell className="import-counts numeric">
        <Counts import={one} />
      </Cell>
      <Cell className="import-at">
        <Timestamp at={one.created_at} />
      </Cell>
      <Cell className="import-actions">
        <div className="table-actions">
          {isStopped && begun !== null && (
            <Button small aria-label={`Go on with import ${one.id}`} onPress={goOn}>
              Go on
            </Button>
          )}
          {one.refused > 0 && (
            <Button small aria-label={`Report of import ${one.id}`} onPress={() => onReport(one)}>
              Report
            </Button>
          )}
          {isLive(one.state) && (
            <Button small aria-label={`Cancel import ${one.id}`} onPress={() => onCancel(one.id)}>
              Cancel
            </Button>
          )}
        </div>
      </Cell>
    </Row>
  );
}
