import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hasStatus } from '../../api/problem';
import {
  actOnSaga,
  getSaga,
  type Saga,
  type SagaAction,
  type SagaMove,
  type WholeSaga,
} from '../../api/sagas';
import { jsonText } from '../../lib/json_text';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { formatFull } from '../../lib/time';
import { useAction } from '../../lib/use_action';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { Confirm } from '../../ui/confirm';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Said, Timeline, type Moment } from '../../ui/timeline';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, sagaKeys } from './saga_keys';
import { kMoveTones, moveWords, SagaBadge } from './saga_words';

function momentOf(move: SagaMove): Moment {
  return {
    key: String(move.version),
    tone: kMoveTones[move.event],
    title: moveWords(move),
    at: move.at,
    ...(move.next_attempt_at === null
      ? {}
      : {
          note: `again at ${formatFull(move.next_attempt_at)}`,
        }),
    ...(move.error === null ? {} : { children: <Said>{move.error}</Said> }),
  };
}

/** What it is about to do, where it has not ended. */
function next(saga: Saga): Moment[] {
  const { state, step, compensating } = saga;
  if (step === null) return [];
  const what = compensating ? `Taking ${step} back` : step;
  const words = state === 'parked' ? `${what}: waits for an operator` : `${what}: under way`;
  return [{ key: 'next', tone: 'off', title: words, at: saga.next_attempt_at }];
}

function SagaFacts({ saga }: { saga: Saga }) {
  return (
    <Facts>
      <Fact name="State">
        <SagaBadge state={saga.state} />
      </Fact>
      <Fact name="Kind">
        <span className="mono">{saga.kind}</span>
      </Fact>
      <Fact name="Step">
        {saga.step === null ? '–' : <span className="mono">{saga.step}</span>}
      </Fact>
      <Fact name="Started">
        <Timestamp at={saga.started_at} />
      </Fact>
      <Fact name={saga.ended_at === null ? 'Deadline' : 'Ended'}>
        {saga.ended_at !== null && <Timestamp at={saga.ended_at} />}
        {saga.ended_at === null &&
          (saga.deadline === null ? 'None' : <Timestamp at={saga.deadline} />)}
      </Fact>
    </Facts>
  );
}

const kDone: Record<SagaAction, string> = {
  resume: 'It goes on.',
  skip: 'The step is passed over.',
  compensate: 'It turns back.',
};

function Actions({ saga }: { saga: Saga }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<'skip' | 'compensate' | null>(null);
  const acting = useAction<SagaAction>({
    run: (action) => actOnSaga(tenant, saga.id, action),
    done: (action) => kDone[action],
    changes: [sagaKeys.saga(tenant, saga.id), sagaKeys.lists(tenant)],
  });
  const parked = saga.state === 'parked';
  const forward = (parked && !saga.compensating) || saga.state === 'running';
  return (
    <>
      {parked && (
        <Button look="primary" onPress={() => acting.mutate('resume')} isPending={acting.isPending}>
          Resume
        </Button>
      )}
      {parked && <Button onPress={() => setAsking('skip')}>Skip step</Button>}
      {forward && <Button onPress={() => setAsking('compensate')}>Turn back</Button>}
      <Confirm
        title={asking === 'skip' ? `Skip ${saga.step ?? ''}?` : 'Turn back?'}
        isOpen={asking !== null}
        onClose={() => setAsking(null)}
        action={asking === 'skip' ? 'Skip step' : 'Turn back'}
        run={() => acting.mutateAsync(asking ?? 'skip')}
      >
        {asking === 'skip'
          ? 'Ashlar takes it as done. Make sure first that it is, or that it need not be.'
          : 'The steps that are done are taken back, the last one first. Past its pivot a saga refuses this.'}
      </Confirm>
    </>
  );
}

function Content({ whole }: { whole: WholeSaga }) {
  const { saga, data, timeline } = whole;
  const moments = [...timeline.map(momentOf), ...next(saga)];
  return (
    <>
      <Course>
        <SagaFacts saga={saga} />
      </Course>
      <Course title="Timeline">
        <Timeline label="What happened to the saga" moments={moments} />
      </Course>
      <Course title="Data">
        <CodeBlock code={jsonText(data)} label="Data of the saga" />
      </Course>
    </>
  );
}

export function SagaPage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: sagaKeys.saga(tenant, id),
    queryFn: ({ signal }) => getSaga(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const saga = answer.data?.saga;
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={`Saga ${id}`}
      lead={
        missing ? undefined : <span title={saga?.correlation}>{saga ? saga.correlation : '…'}</span>
      }
      crumb={<a href={hrefs.sagas}>Sagas</a>}
      actions={saga && <Actions saga={saga} />}
    >
      {answer.data ? (
        <Content whole={answer.data} />
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such saga">
              <p>
                This tenant has none of this number. See <a href={hrefs.sagas}>all sagas</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the saga" />}
        </Course>
      )}
    </Page>
  );
}
