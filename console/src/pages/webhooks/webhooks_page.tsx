import { useState } from 'react';
import { listWebhooks, type Webhook } from '../../api/webhooks';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { CreateWebhook } from './create_webhook';
import { EnableWebhook } from './enable_webhook';
import { webhookKeys } from './webhook_keys';
import { WebhookBadge, switchedOffWords, typesText, withoutScheme } from './webhook_words';
import './webhooks_page.css';

const kPageSize = 25;
const kRefreshMs = 10_000;

function command(): string {
  return `curl ${window.location.origin}/v1/webhooks \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -d '{"url":"https://example.com/hooks","event_types":["link.*"]}'`;
}

function NoWebhooks() {
  return (
    <EmptyState title="No webhooks yet">
      <p>
        Ashlar tells your services what happened: signed, in attempts over three days until they
        have it. Add an address above, or let a program do it. Put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>webhooks:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that creates a webhook" />
      <p>The answer holds the secret by which your service checks what it gets.</p>
    </EmptyState>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const off = switchedOffWords(webhook);
  return (
    <Row>
      <RowHead className="webhook-url">
        <a className="cut mono" href={hrefs.webhook(webhook.id)} title={webhook.url}>
          {withoutScheme(webhook.url)}
        </a>
        {webhook.description !== null && (
          <span className="table-small" title={webhook.description}>
            {webhook.description}
          </span>
        )}
      </RowHead>
      <Cell className="webhook-types">
        <span className="cut mono" title={typesText(webhook.event_types)}>
          {typesText(webhook.event_types)}
        </span>
      </Cell>
      <Cell className="webhook-state">
        <WebhookBadge webhook={webhook} />
        {off !== null && (
          <span className="table-small" title={off}>
            {off}
          </span>
        )}
      </Cell>
      <Cell className="webhook-created">
        <Timestamp at={webhook.created_at} />
      </Cell>
      <Cell className="webhook-actions">
        <div className="table-actions">
          <EnableWebhook webhook={webhook} />
        </div>
      </Cell>
    </Row>
  );
}

export function WebhooksPage() {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const webhooks = usePaged(
    webhookKeys.list(tenant),
    (cursor, signal) => listWebhooks(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <Page
      title="Webhooks"
      lead="Services that are told what happened, by HTTP."
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New webhook
        </Button>
      }
    >
      <Course>
        <Paged list={webhooks} what="webhooks" skeleton={4} empty={<NoWebhooks />}>
          <Table
            label="Webhooks"
            className="webhook-table"
            cards
            columns={
              <>
                <Column>Address</Column>
                <Column>Event types</Column>
                <Column>State</Column>
                <Column>Created</Column>
                <ActionsColumn />
              </>
            }
          >
            {webhooks.rows.map((webhook) => (
              <WebhookRow key={webhook.id} webhook={webhook} />
            ))}
          </Table>
        </Paged>
      </Course>
      <CreateWebhook isOpen={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
