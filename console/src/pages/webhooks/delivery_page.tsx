import { useQuery } from '@tanstack/react-query';
import { hasStatus } from '../../api/problem';
import { getDelivery, type Delivery, type DeliveryAttempt } from '../../api/webhooks';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { durationWords } from '../../lib/time';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Said, Timeline, type Moment } from '../../ui/timeline';
import { Timestamp } from '../../ui/timestamp';
import { againWord, useSendAgain } from './send_again';
import { kRefreshMs, webhookKeys } from './webhook_keys';
import { DeliveryBadge, answerWords } from './webhook_words';

function momentOf(attempt: DeliveryAttempt): Moment {
  const { number, status, error, answer } = attempt;
  // With a status the error only says it in words.
  const said = [status === null ? error : null, answer].filter((text) => (text ?? '') !== '');
  return {
    key: String(number),
    tone: error === null ? 'good' : 'bad',
    title: `Attempt ${number}: ${status ?? 'no answer'}`,
    at: attempt.at,
    note: `took ${durationWords(attempt.duration_ms)}`,
    ...(said.length === 0 ? {} : { children: <Said>{said.join('\n')}</Said> }),
  };
}

function DeliveryTimeline({ delivery }: { delivery: Delivery }) {
  const { history = [], attempts, created_at, next_attempt_at: next } = delivery;
  const made: Moment = {
    key: 'made',
    tone: 'plain',
    title: delivery.test ? 'Asked for as a test' : 'It happened',
    at: created_at,
  };
  const coming: Moment[] =
    next === null ? [] : [{ key: 'next', tone: 'off', title: `Attempt ${attempts + 1}`, at: next }];
  return (
    <Timeline label="Attempts" moments={[made, ...history.map(momentOf).reverse(), ...coming]} />
  );
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
            {delivery.attempts}
          </Fact>
          <Fact name="Last answer" className="facts-wide">
            {answerWords(delivery)}
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
    </>
  );
}

export function DeliveryPage({ webhook, id }: { webhook: string; id: string }) {
  const { tenant } = useTenant();
  const again = useSendAgain(webhook);
  const answer = useQuery({
    queryKey: webhookKeys.delivery(tenant, webhook, id),
    queryFn: ({ signal }) => getDelivery(tenant, webhook, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const delivery = answer.data;
  const word = delivery ? againWord(delivery) : null;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={`Delivery ${id}`}
      lead={
        missing ? undefined : (
          <span title={delivery?.event_type}>{delivery ? delivery.event_type : '…'}</span>
        )
      }
      crumb={
        <>
          <a href={hrefs.webhooks}>Webhooks</a> / <a href={hrefs.webhook(webhook)}>Deliveries</a>
        </>
      }
      actions={
        delivery &&
        word !== null && (
          <Button onPress={() => again.mutate(delivery)} isPending={again.isPending}>
            {word}
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
