import { useQueryClient } from '@tanstack/react-query';
import type { LinkImport } from '../../../api/link_imports';
import { linkKeys } from '../../../lib/links_cache';
import { formatBytes } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { FileField } from '../../../ui/file_field';
import { Modal } from '../../../ui/modal';
import { SmallForm } from '../../../ui/small_form';
import { isSameFile, type BegunFile } from './begun_files';
import { begin } from './uploads';

export interface Interrupted {
  import: LinkImport;
  begun: BegunFile;
}

function Content({ import: old, begun, onClose }: Interrupted & { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: linkKeys.imports(tenant) });
  return (
    <SmallForm<{ file: File | null }>
      opened={{ file: null }}
      action="Go on"
      send={({ file }) => {
        if (file !== null) void begin(tenant, old.id, file, old.bytes, refresh);
        return Promise.resolve();
      }}
      onDone={() => void refresh()}
      onClose={onClose}
    >
      {(_, set) => (
        <>
          <p className="modal-text">
            {formatBytes(old.bytes)} of {formatBytes(begun.size)} have arrived. A page cannot open a
            file again by itself: choose <strong>{begun.name}</strong> once more, and the rest is
            sent.
          </p>
          <FileField
            label="The same file"
            accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson"
            isRequired
            problem={(file) =>
              isSameFile(file, begun) ? '' : 'This is another file, or it was changed since.'
            }
            onChange={(file) => set({ file })}
          />
        </>
      )}
    </SmallForm>
  );
}

/** Goes on with an upload that the page's end has interrupted. */
export function ResumeImport({ what, onClose }: { what: Interrupted | null; onClose: () => void }) {
  return (
    <Modal title="Go on with an import" isOpen={what !== null} onClose={onClose}>
      {what && <Content {...what} onClose={onClose} />}
    </Modal>
  );
}
