import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteTemplate, getTemplate, type Template } from '../../../api/notification_templates';
import { hasStatus } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { ErrorNotice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { readerOf } from './preview';
import { TemplateEditor } from './template_editor';
import { TemplateVersions } from './template_versions';
import { TestTemplate } from './test_template';
import { draftOf } from './template_draft';
import './templates.css';

function readVersion(query: string): number | null {
  const version = Number.parseInt(new URLSearchParams(query).get('version') ?? '', 10);
  return Number.isNaN(version) ? null : version;
}

function leadOf({ description, live_version: live, latest_version: latest }: Template): string {
  const state =
    live === null
      ? 'a draft: it cannot be sent until a version is live'
      : `version ${live} is live${live === latest ? '' : `, ${latest} is the newest`}`;
  return description === null
    ? state.charAt(0).toUpperCase() + state.slice(1)
    : `${description} · ${state}`;
}

export function TemplatePage({ templateKey: key, query }: { templateKey: string; query: string }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [asking, setAsking] = useState<'test' | 'delete' | null>(null);
  const [reader, setReader] = useState<ReturnType<typeof readerOf> | null>(null);
  const version = readVersion(query);
  const answer = useQuery({
    queryKey: notificationKeys.templateVersion(tenant, key, version),
    queryFn: ({ signal }) => getTemplate(tenant, key, version, signal),
    refetchOnWindowFocus: false,
  });
  const template = answer.data?.data;
  const missing = hasStatus(answer.error, 404);
  const close = () => setAsking(null);
  return (
    <Page
      title={key}
      crumb={<a href={places.section('templates')}>Templates</a>}
      lead={missing ? undefined : template ? leadOf(template) : '…'}
      actions={
        template && (
          <>
            <Button onPress={() => setAsking('test')} isDisabled={template.live_version === null}>
              Send a test…
            </Button>
            <a className="button button-quiet" href={places.messages({ template: key })}>
              What was sent
            </a>
            <Button onPress={() => setAsking('delete')}>Delete</Button>
          </>
        )
      }
    >
      <Course>
        {missing && (
          <EmptyState title="No such template">
            <p>
              This tenant has none of this key, or not this version. See{' '}
              <a href={places.section('templates')}>all templates</a>.
            </p>
          </EmptyState>
        )}
        {answer.isError && !missing && <ErrorNotice error={answer.error} />}
        {answer.isPending && <Skeleton rows={10} label="Loading the template" />}
        {answer.data && template && (
          <TemplateEditor
            // What is saved becomes what is edited.
            key={`${template.version} ${template.latest_version}`}
            answer={answer.data}
            isLatest={template.version === template.latest_version}
            onReader={setReader}
          />
        )}
      </Course>
      {template && (
        <>
          <TemplateVersions templateKey={key} shown={template.version} />
          <TestTemplate
            templateKey={key}
            reader={reader ?? readerOf(draftOf(template))}
            isOpen={asking === 'test'}
            onClose={close}
          />
          <Confirm
            title="Delete this template?"
            isOpen={asking === 'delete'}
            onClose={close}
            action="Delete template"
            run={() => deleteTemplate(tenant, key)}
            done="It is deleted."
            onDone={() => {
              void client.invalidateQueries({ queryKey: notificationKeys.templates(tenant) });
              go(places.section('templates'));
            }}
          >
            Nothing new can be sent with <strong>{key}</strong>. What waits still says what it says.
          </Confirm>
        </>
      )}
    </Page>
  );
}
