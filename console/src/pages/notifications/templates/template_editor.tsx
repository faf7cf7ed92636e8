import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import type { Answer } from '../../../api/http';
import { putTemplate, type Template } from '../../../api/notification_templates';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Switch } from '../../../ui/switch';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { readObject } from '../json_field';
import { notificationKeys } from '../notification_keys';
import { Preview, readerOf, type Reader } from './preview';
import { contentOf, draftOf, kParts, type TemplateDraft } from './template_draft';
import { TextsEditor, type Place } from './texts_editor';

function firstPlace(draft: TemplateDraft): Place {
  const locale = draft.default_locale;
  const parts = draft.locales[locale] ?? {};
  return { locale, part: kParts.find((part) => parts[part] !== undefined) ?? 'email' };
}

interface EditorProps {
  answer: Answer<Template>;
  /** Whether it is the newest: an older one is only looked at. */
  isLatest: boolean;
  onReader: (reader: Reader) => void;
}

interface SaveBarProps {
  version: number;
  isChanged: boolean;
  isSaving: boolean;
  onSave: (publish: boolean) => void;
}

function SaveBar({ version, isChanged, isSaving, onSave }: SaveBarProps) {
  const [publish, setPublish] = useState(true);
  return (
    <div className="save-bar">
      <Button
        look="primary"
        onPress={() => onSave(publish)}
        isDisabled={!isChanged}
        isPending={isSaving}
      >
        {isChanged ? `Save as version ${version}` : 'Nothing changed'}
      </Button>
      <Switch isSelected={publish} onChange={setPublish}>
        <span>{publish ? 'Live at once' : 'Kept as a draft'}</span>
      </Switch>
    </div>
  );
}

export function TemplateEditor({ answer, isLatest, onReader }: EditorProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  // Fixed when it is opened: the etag must be that of the texts which the person saw.
  const [{ data: template, etag }] = useState(answer);
  const [opened] = useState(() => draftOf(template));
  const [draft, setDraft] = useState(opened);
  const [place, setPlace] = useState(() => firstPlace(opened));
  const [reader, setReader] = useState(() => readerOf(opened));
  const [more, setMore] = useState(false);
  const { key } = template;
  const fieldsWrong = readObject(draft.fields).wrong;
  const saving = useMutation({
    mutationFn: (publish: boolean) => {
      const content = contentOf(draft);
      if (content === undefined) return Promise.reject(new Error('The fields are no JSON.'));
      return putTemplate(tenant, key, { ...content, publish }, etag);
    },
    onSuccess: async ({ version, live_version: live }) => {
      await client.invalidateQueries({ queryKey: notificationKeys.template(tenant, key) });
      await client.invalidateQueries({ queryKey: notificationKeys.templates(tenant) });
      toast(
        'good',
        live === version ? `Version ${version} is live.` : `Version ${version} is kept.`,
      );
    },
  });
  const change = (next: TemplateDraft) => {
    if (saving.isError) saving.reset();
    setDraft(next);
  };
  const changeReader = (next: Reader) => {
    setReader(next);
    onReader(next);
  };
  const isChanged = JSON.stringify(draft) !== JSON.stringify(opened);
  return (
    <div className="template-desk">
      <Form className="template-form" onSubmit={(event) => event.preventDefault()}>
        {!isLatest && (
          <Notice>
            <p>This is version {template.version}. Saving makes a new one of it.</p>
          </Notice>
        )}
        <TextsEditor draft={draft} place={place} onDraft={change} onPlace={setPlace} />
        <Button
          look="bare"
          small
          preventFocusOnPress
          onPress={() => setMore(!more)}
          aria-expanded={more}
        >
          {more ? '− Fields and description' : '+ Fields and description'}
        </Button>
        {more && (
          <>
            <div className="code-area">
              <TextAreaField
                label="Fields"
                rows={8}
                hint={
                  fieldsWrong ?? 'What data its texts read, as JSON: {"name": {"type": "string"}}'
                }
                value={draft.fields}
                onChange={(fields) => change({ ...draft, fields })}
              />
            </div>
            <TextField
              label="Description"
              autoComplete="off"
              value={draft.description}
              onChange={(description) => change({ ...draft, description })}
            />
          </>
        )}
        <ErrorNotice error={saving.error} />
        {template.warnings.length > 0 && !isChanged && (
          <Notice>
            <ul className="preview-warnings">
              {template.warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </ul>
          </Notice>
        )}
        <SaveBar
          version={template.latest_version + 1}
          isChanged={isChanged || !isLatest}
          isSaving={saving.isPending}
          onSave={(publish) => saving.mutate(publish)}
        />
      </Form>
      <Preview
        templateKey={key}
        draft={draft}
        part={place.part}
        reader={reader}
        onReader={changeReader}
      />
    </div>
  );
}
