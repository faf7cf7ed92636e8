import { kSagaStates, listSagas, type Saga, type SagaState } from '../../api/sagas';
import { adjust, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { SelectField } from '../../ui/select_field';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { kRefreshMs, sagaKeys } from './saga_keys';
import { kStateWords, SagaBadge } from './saga_words';
import './sagas_page.css';

const kPageSize = 25;
const kAny = '';
const kStates = [
  { value: kAny, label: 'All states' },
  ...kSagaStates.map((state) => ({ value: state, label: kStateWords[state] })),
];

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
      <Course
        title="Newest first"
        tools={
          <div className="field-inline">
            <SelectField
              label="State"
              value={state ?? kAny}
              options={kStates}
              onChange={(next) =>
                adjust(next === kAny ? hrefs.sagas : `${hrefs.sagas}?state=${next}`)
              }
            />
          </div>
        }
      >
        <Paged list={sagas} what="sagas" skeleton={6} empty={<NoSagas state={state} />}>
          <Table
            label="Sagas"
            className="saga-table"
            cards
            columns={
              <>
                <Column>Saga</Column>
                <Column>State</Column>
                <Column>Step</Column>
                <Column>Changed</Column>
              </>
            }
          >
            {sagas.rows.map((saga) => (
              <SagaRow key={saga.id} saga={saga} />
            ))}
          </Table>
        </Paged>
      </Course>
    </Page>
  );
}
