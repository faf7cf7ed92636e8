import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { previewTemplate, type PreviewQuery } from '../../../api/notification_templates';
import { useDebounced } from '../../../lib/use_debounced';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { ErrorNotice } from '../../../ui/notice';
import { Skeleton } from '../../../ui/skeleton';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { readObject } from '../json_field';
import { kChannelWords } from '../notification_words';
import { notificationKeys } from '../notification_keys';
import { RenderedMessage } from '../rendered_message';
import {
  contentOf,
  previewChannel,
  samplesOf,
  type PartName,
  type TemplateDraft,
} from './template_draft';

const kTypingPauseMs = 250;

export interface Reader {
  locale: string;
  time_zone: string;
  /** As JSON. */
  data: string;
}

export function readerOf(draft: TemplateDraft): Reader {
  const fields = readObject(draft.fields).value ?? {};
  return {
    locale: draft.default_locale,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    data: JSON.stringify(samplesOf(fields as Record<string, unknown>), null, 2),
  };
}

/** null: what is typed is no JSON yet. */
function askedOf(draft: TemplateDraft, part: PartName, reader: Reader): PreviewQuery | null {
  const content = contentOf(draft);
  const data = readObject(reader.data);
  if (content === undefined || data.wrong !== null) return null;
  const { locale, time_zone } = reader;
  return { content, channel: previewChannel(part), locale, time_zone, data: data.value ?? {} };
}

interface ReaderFieldsProps {
  draft: TemplateDraft;
  reader: Reader;
  onChange: (reader: Reader) => void;
}

function ReaderFields({ draft, reader, onChange }: ReaderFieldsProps) {
  const wrong = readObject(reader.data).wrong;
  return (
    <>
      <div className="pair">
        <TextField
          label="The reader’s language"
          autoComplete="off"
          value={reader.locale}
          onChange={(locale) => onChange({ ...reader, locale })}
        />
        <TextField
          label="The reader’s time zone"
          autoComplete="off"
          value={reader.time_zone}
          onChange={(time_zone) => onChange({ ...reader, time_zone })}
        />
      </div>
      <div className="code-area">
        <TextAreaField
          label="Sample data"
          rows={6}
          hint={wrong ?? 'What its fields are, as JSON.'}
          value={reader.data}
          onChange={(data) => onChange({ ...reader, data })}
        />
      </div>
      <Button small onPress={() => onChange({ ...reader, data: readerOf(draft).data })}>
        Fill from the fields
      </Button>
    </>
  );
}

interface PreviewProps {
  templateKey: string;
  draft: TemplateDraft;
  part: PartName;
  reader: Reader;
  onReader: (reader: Reader) => void;
}

/** What a reader would get from what stands in the editor: nothing is kept or sent. */
export function Preview({ templateKey, draft, part, reader, onReader }: PreviewProps) {
  const { tenant } = useTenant();
  const [open, setOpen] = useState(false);
  const asked = askedOf(
    useDebounced(draft, kTypingPauseMs),
    part,
    useDebounced(reader, kTypingPauseMs),
  );
  const preview = useQuery({
    queryKey: notificationKeys.preview(tenant, templateKey, asked),
    queryFn: ({ signal }) =>
      asked === null ? null : previewTemplate(tenant, templateKey, asked, signal),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 10_000,
  });
  const shown = preview.isError ? undefined : preview.data?.parts[0];
  return (
    <section className="preview" aria-label="Preview">
      <div className="preview-head">
        <h2>Preview</h2>
        <span className="preview-of">
          {kChannelWords[previewChannel(part)]}
          {shown !== undefined && `, text in ${shown.locale}`}
        </span>
        <Button look="bare" small onPress={() => setOpen(!open)} aria-expanded={open}>
          {open ? '− Reader and data' : '+ Reader and data'}
        </Button>
      </div>
      {open && (
        <div className="preview-reader">
          <ReaderFields draft={draft} reader={reader} onChange={onReader} />
        </div>
      )}
      {preview.isPending && asked !== null && <Skeleton rows={3} label="Loading the preview" />}
      <ErrorNotice error={preview.error} />
      {asked === null && <p className="told">Fields or data are no JSON yet.</p>}
      {preview.isSuccess && preview.data !== null && shown === undefined && (
        <p className="told">By this channel a reader of this language gets nothing.</p>
      )}
      {shown !== undefined && <RenderedMessage message={shown} />}
      {(preview.data?.warnings ?? []).length > 0 && !preview.isError && (
        <ul className="preview-warnings">
          {preview.data?.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
