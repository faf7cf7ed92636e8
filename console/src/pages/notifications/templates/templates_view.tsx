import { useState } from 'react';
import { listTemplates, type TemplateSummary } from '../../../api/notification_templates';
import { useTenant } from '../../../lib/tenant';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { CreateTemplate } from './create_template';
import '../tables.css';
import './templates.css';

function LiveBadge({ template }: { template: TemplateSummary }) {
  const { live_version: live, latest_version: latest } = template;
  if (live === null) return <Badge tone="off">Draft</Badge>;
  return live === latest ? (
    <Badge tone="good">{`Version ${live} is live`}</Badge>
  ) : (
    <Badge tone="good">{`Version ${live} of ${latest} is live`}</Badge>
  );
}

function TemplateRow({ template }: { template: TemplateSummary }) {
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut mono" href={places.template(template.key)}>
          {template.key}
        </a>
        {template.description !== null && (
          <span className="table-small" title={template.description}>
            {template.description}
          </span>
        )}
      </RowHead>
      <Cell className="notified-more">
        <LiveBadge template={template} />
      </Cell>
      <Cell className="notified-foot">
        <Timestamp at={template.updated_at} />
      </Cell>
    </Row>
  );
}

export function TemplatesView() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const templates = usePaged(
    notificationKeys.templates(tenant),
    (cursor, signal) => listTemplates(tenant, cursor, kPageSize, signal),
    {},
  );
  return (
    <SectionPage
      section="templates"
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New template
        </Button>
      }
    >
      <Course>
        <Paged
          list={templates}
          what="templates"
          skeleton={5}
          empty={
            <EmptyState title="No templates yet">
              <p>
                A template says what a message says: by language and channel, with data whose types
                are checked. It is kept in versions that never change, and one of them is live.
              </p>
            </EmptyState>
          }
        >
          <Table
            label="Templates"
            className="notified template-table"
            cards
            columns={
              <>
                <Column>Template</Column>
                <Column>State</Column>
                <Column>Changed</Column>
              </>
            }
          >
            {templates.rows.map((template) => (
              <TemplateRow key={template.key} template={template} />
            ))}
          </Table>
        </Paged>
      </Course>
      <CreateTemplate isOpen={creating} onClose={() => setCreating(false)} />
    </SectionPage>
  );
}
