import { useQueryClient } from '@tanstack/react-query';
import {
  createImport,
  kImportFormats,
  kImportSources,
  type ImportFormat,
  type ImportSource,
} from '../../../api/link_imports';
import { linkKeys } from '../../../lib/links_cache';
import { useTenant } from '../../../lib/tenant';
import { FileField } from '../../../ui/file_field';
import { Modal } from '../../../ui/modal';
import { SelectField } from '../../../ui/select_field';
import { SmallForm } from '../../../ui/small_form';
import { useDomains } from '../use_domains';
import { formatOf, kFormatWords, kSourceHints, kSourceWords } from './import_words';
import { begin } from './uploads';

interface Draft {
  source: ImportSource;
  format: ImportFormat;
  /** "": each row's own. */
  domain: string;
  file: File | null;
}

const kFirst: Draft = { source: 'shlink', format: 'csv', domain: '', file: null };
const kSources = kImportSources.map((value) => ({ value, label: kSourceWords[value] }));
const kFormats = kImportFormats.map((value) => ({ value, label: kFormatWords[value] }));

export function fileProblem(file: File): string {
  return file.size === 0 ? 'This file is empty.' : '';
}

interface FieldsProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function Fields({ draft, set }: FieldsProps) {
  const domains = useDomains();
  const own = { value: '', label: 'Each row’s own, where it is yours' };
  return (
    <>
      <SelectField
        label="Links of"
        hint={kSourceHints[draft.source]}
        value={draft.source}
        options={kSources}
        onChange={(next) => {
          const source = kImportSources.find((each) => each === next) ?? 'shlink';
          const format = source === 'jsonl' ? 'jsonl' : formatOf(draft.file?.name ?? '');
          set({ source, format: format ?? 'csv' });
        }}
      />
      <FileField
        label="File"
        accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson"
        isRequired
        problem={fileProblem}
        onChange={(file) => {
          const format = draft.source === 'jsonl' ? null : formatOf(file?.name ?? '');
          set({ file, format: format ?? draft.format });
        }}
      />
      {draft.source !== 'jsonl' && (
        <SelectField
          label="It is"
          value={draft.format}
          options={kFormats}
          onChange={(next) => set({ format: kImportFormats.find((f) => f === next) ?? 'csv' })}
        />
      )}
      {domains.length > 0 && (
        <SelectField
          label="Domain"
          value={draft.domain}
          options={[own, ...domains.map((host) => ({ value: host, label: host }))]}
          onChange={(domain) => set({ domain })}
        />
      )}
    </>
  );
}

function Content({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: linkKeys.imports(tenant) });
  return (
    <SmallForm<Draft>
      opened={kFirst}
      action="Import"
      send={async ({ source, format, domain, file }) => {
        if (file === null) return;
        const wanted = { source, format, domain: domain === '' ? null : domain };
        const { id } = await createImport(tenant, wanted);
        // The dialog does not wait for it: its row shows how far it has come.
        void begin(tenant, id, file, 0, refresh);
      }}
      onDone={() => void refresh()}
      onClose={onClose}
    >
      {(draft, set) => <Fields draft={draft} set={set} />}
    </SmallForm>
  );
}

export function NewImport({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="Import links" isOpen={isOpen} onClose={onClose}>
      {isOpen && <Content onClose={onClose} />}
    </Modal>
  );
}
