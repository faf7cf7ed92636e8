import { useQuery } from '@tanstack/react-query';
import { hasStatus } from '../../api/problem';
import { getDelivery, type Delivery, type DeliveryAttempt } from '../../api/webhooks';
import { jsonText } from '../../lib/json_text';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { durationWords } from '../../lib/time';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Said, Timeline, type Moment } from '../../ui/timeline';
import { Timestamp } from '../../ui/timestamp';
import { useReplayDelivery } from './delivery_log';
import { kRefreshMs, webhookKeys } from './webhook_keys';
import { DeliveryBadge } from './webhook_words';

function momentOf(attempt: DeliveryAttempt): Moment {
  const { status, error, response } = attempt;
  const good = status !== null && status >= 200 && status < 300;
  const said = [error, response].filter((text) => text !== null && text !== '');
  return {
    key: String(attempt.attempt),
    tone: good ? 'good' : 'bad',
    title: `Attempt ${attempt.attempt}: ${status ?? 'no answer'}`,
    at: attempt.started_at,
    note: `took ${durationWords(attempt.duration_ms)}`,
    ...(said.length === 0 ? {} : { children: <Said>{said.join('\n')}</Said> }),
  };
}

function DeliveryTimeline({ delivery }: { delivery: Delivery }) {
  const { attempts = [], created_at, next_attempt_at: next } = delivery;
  const happened: Moment = { key: 'made', tone: 'plain', title: 'It happened', at: created_at };
  const coming: Moment[] =
    next === null
      ? []
      : [{ key: 'next', tone: 'off', title: `Attempt ${delivery.attempt + 1}`, at: next }];
  return <Timeline label="Attempts" moments={[happened, ...attempts.map(momentOf), ...coming]} />;
}

function Content({ delivery }: { delivery: Delivery }) {
  return (
    <>
      <Course>
        <Facts>
          <Fact name="State">
            <DeliveryBadge delivery={delivery} />
          </Fact>
          <Fact name="Attempts" numeric>
            {delivery.attempt} of {delivery.max_attempts}
          </Fact>
          <Fact name="Created">
            <Timestamp at={delivery.created_at} />
          </Fact>
          <Fact name="Event" className="facts-long">
            <span className="mono">{delivery.event_id}</span>
          </Fact>
        </Facts>
      </Course>
      <Course title="Attempts">
        <DeliveryTimeline delivery={delivery} />
      </Course>
      <Course title="What is sent">
        <CodeBlock code={jsonText(delivery.payload)} label="What is sent" />
      </Course>
    </>
  );
}

export function DeliveryPage({ webhook, id }: { webhook: string; id: string }) {
  const { tenant } = useTenant();
  const replaying = useReplayDelivery(webhook);
  const answer = useQuery({
    queryKey: [...webhookKeys.delivery(tenant, webhook), id],
    queryFn: ({ signal }) => getDelivery(tenant, webhook, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const delivery = answer.data;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={delivery ? delivery.event_type : 'Delivery'}
      crumb={
        <>
          <a href={hrefs.webhooks}>Webhooks</a> / <a href={hrefs.webhook(webhook)}>Deliveries</a>
        </>
      }
      actions={
        delivery &&
        delivery.state !== 'pending' && (
          <Button onPress={() => replaying.mutate(delivery)} isPending={replaying.isPending}>
            Replay
          </Button>
        )
      }
    >
      {delivery ? (
        <Content delivery={delivery} />
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such delivery">
              <p>It was of another webhook, or it was cleaned up.</p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the delivery" />}
        </Course>
      )}
    </Page>
  );
}
