import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hasStatus } from '../../api/problem';
import { deleteWebhook, getWebhook, testWebhook, type Webhook } from '../../api/webhooks';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { DeliveryLog } from './delivery_log';
import { EditWebhook } from './edit_webhook';
import { EnableWebhook } from './enable_webhook';
import { ReplayWebhook } from './replay_webhook';
import { RotateSecret } from './rotate_secret';
import { webhookKeys } from './webhook_keys';
import { WebhookBadge, switchedOffWords, typesText } from './webhook_words';

const kRefreshMs = 10_000;

function About({ webhook }: { webhook: Webhook }) {
  const off = switchedOffWords(webhook);
  return (
    <>
      {off !== null && (
        <Notice tone="bad">
          <p>
            Ashlar switched it off: {off}. What happens now is kept; enable it and replay what
            failed.
          </p>
        </Notice>
      )}
      <Facts>
        <Fact name="State">
          <WebhookBadge webhook={webhook} />
        </Fact>
        <Fact name="Event types" className="facts-wide">
          <span className="mono">{typesText(webhook.event_types)}</span>
        </Fact>
        {webhook.description !== null && (
          <Fact name="Description" className="facts-wide">
            {webhook.description}
          </Fact>
        )}
        <Fact name="Signed by">{webhook.signature === 'hmac' ? 'a secret' : 'a key pair'}</Fact>
        <Fact name="Order">{webhook.ordered ? 'kept' : 'any'}</Fact>
        <Fact name={webhook.failing_since === null ? 'Created' : 'Failing since'}>
          <Timestamp at={webhook.failing_since ?? webhook.created_at} />
        </Fact>
        {webhook.public_keys.map((key) => (
          <Fact key={key} name="Public key" className="facts-long">
            <span className="mono">{key}</span>
          </Fact>
        ))}
      </Facts>
    </>
  );
}

type Asking = 'edit' | 'rotate' | 'replay' | 'delete' | null;

function Actions({ webhook, onAsk }: { webhook: Webhook; onAsk: (asking: Asking) => void }) {
  const { tenant } = useTenant();
  const testing = useAction({
    run: () => testWebhook(tenant, webhook.id),
    done: () => 'A test event is on its way.',
    changes: [webhookKeys.logs(tenant, webhook.id)],
  });
  return (
    <>
      <EnableWebhook webhook={webhook} showLabel />
      <Button onPress={() => testing.mutate()} isPending={testing.isPending}>
        Send a test
      </Button>
      <Button onPress={() => onAsk('replay')}>Replay…</Button>
      <Button onPress={() => onAsk('edit')}>Edit</Button>
      <Button onPress={() => onAsk('rotate')}>Rotate secret</Button>
      <Button onPress={() => onAsk('delete')}>Delete</Button>
    </>
  );
}

function NoSuchWebhook() {
  return (
    <EmptyState title="No such webhook">
      <p>
        This tenant has none of this number. See <a href={hrefs.webhooks}>all webhooks</a>.
      </p>
    </EmptyState>
  );
}

export function WebhookPage({ id, query }: { id: string; query: string }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<Asking>(null);
  const answer = useQuery({
    queryKey: webhookKeys.one(tenant, id),
    queryFn: ({ signal }) => getWebhook(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const webhook = answer.data?.data;
  const missing = hasStatus(answer.error, 404);
  const close = () => setAsking(null);
  return (
    <Page
      title={`Webhook ${id}`}
      crumb={<a href={hrefs.webhooks}>Webhooks</a>}
      lead={missing ? undefined : <span title={webhook?.url}>{webhook ? webhook.url : '…'}</span>}
      actions={webhook && <Actions webhook={webhook} onAsk={setAsking} />}
    >
      <Course>
        {missing && <NoSuchWebhook />}
        {answer.isError && !missing && <ErrorNotice error={answer.error} />}
        {answer.isPending && <Skeleton rows={6} label="Loading the webhook" />}
        {webhook && <About webhook={webhook} />}
      </Course>
      {/* Not before: what stands above it has no height known beforehand. */}
      {webhook && <DeliveryLog webhook={id} query={query} />}
      {answer.data && webhook && (
        <>
          <EditWebhook answer={answer.data} isOpen={asking === 'edit'} onClose={close} />
          <ReplayWebhook id={id} isOpen={asking === 'replay'} onClose={close} />
          <RotateSecret id={id} isOpen={asking === 'rotate'} onClose={close} />
          <Confirm
            title="Delete this webhook?"
            isOpen={asking === 'delete'}
            onClose={close}
            action="Delete webhook"
            run={() => deleteWebhook(tenant, id)}
            done="It is deleted."
            onDone={() => go(hrefs.webhooks)}
          >
            Nothing more is sent to <strong>{webhook.url}</strong>, and its log of deliveries goes
            with it. This cannot be undone.
          </Confirm>
        </>
      )}
    </Page>
  );
}
