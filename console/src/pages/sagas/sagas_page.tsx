import { kSagaStates, listSagas, type Saga, type SagaState } from '../../api/sagas';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { ChoiceFilter } from '../../ui/choice_filter';
import { EmptyState } from '../../ui/empty_state';
import { Page } from '../../ui/page';
import { usePaged } from '../../ui/paged';
import { PagedCourse } from '../../ui/paged_course';
import { Cell, Row, RowHead } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, sagaKeys } from './saga_keys';
import { kStateWords, SagaBadge } from './saga_words';
import './sagas_page.css';

const kPageSize = 25;
const kStates = kSagaStates.map((state) => ({ value: state, label: kStateWords[state] }));

function readState(query: string): SagaState | null {
  const wanted = new URLSearchParams(query).get('state');
  return kSagaStates.find((state) => state === wanted) ?? null;
}

function SagaRow({ saga }: { saga: Saga }) {
  return (
    <Row>
      <RowHead className="saga-name">
        <a className="cut" href={hrefs.saga(saga.id)}>
          {saga.correlation}
        </a>
        <span className="table-small">{saga.kind}</span>
      </RowHead>
      <Cell className="saga-state">
        <SagaBadge state={saga.state} />
      </Cell>
      <Cell className="saga-step">
        {saga.step !== null && <span className="cut mono">{saga.step}</span>}
        {saga.error !== null && (
          <span className="table-small" title={saga.error}>
            {saga.error}
          </span>
        )}
      </Cell>
      <Cell className="saga-updated">
        <Timestamp at={saga.updated_at} />
      </Cell>
    </Row>
  );
}

function NoSagas({ state }: { state: SagaState | null }) {
  return (
    <EmptyState title={state === null ? 'No sagas yet' : `No saga is ${state}`}>
      <p>
        A saga is a change over several parties that share no transaction: steps, each with what
        takes it back. It ends with all of them done, or with none. Those of this tenant stand here,
        with what happened to each.
      </p>
    </EmptyState>
  );
}

export function SagasPage({ query }: { query: string }) {
  const { tenant } = useTenant();
  const state = readState(query);
  const sagas = usePaged(
    sagaKeys.list(tenant, state),
    (cursor, signal) => listSagas(tenant, state, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <Page title="Sagas" lead="Changes over several parties: all of their steps, or none.">
      <PagedCourse
        label="Sagas"
        list={sagas}
        skeleton={6}
        empty={<NoSagas state={state} />}
        tools={
          <ChoiceFilter
            label="State"
            all="All states"
            choices={kStates}
            value={state}
            page={hrefs.sagas}
            name="state"
          />
        }
        className="saga-table"
        columns={['Saga', 'State', 'Step', 'Changed']}
        row={(saga) => <SagaRow key={saga.id} saga={saga} />}
      />
    </Page>
  );
}
