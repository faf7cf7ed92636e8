import { listDisputes, type Dispute } from '../../api/payments';
import { formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { EmptyState } from '../../ui/empty_state';
import { usePaged } from '../../ui/paged';
import { PagedCourse } from '../../ui/paged_course';
import { Cell, Row, RowHead } from '../../ui/table';
import { Timestamp } from '../../ui/timestamp';
import { DisputeDeadline } from './dispute_deadline';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { DisputeBadge, reasonWords } from './payment_words';
import './disputes_view.css';

const kPageSize = 25;

function DisputeRow({ dispute }: { dispute: Dispute }) {
  const { id, amount, currency, payment } = dispute;
  return (
    <Row>
      <RowHead className="dispute-amount numeric">
        <a href={hrefs.dispute(id)} aria-label={`${formatMoney(amount, currency)}, ${id}`}>
          {formatMoney(amount, currency)}
        </a>
      </RowHead>
      <Cell className="dispute-state">
        <DisputeBadge state={dispute.state} />
      </Cell>
      <Cell className="dispute-reason">
        <span className="cut">{reasonWords(dispute.reason)}</span>
        <span className="table-small mono">{payment}</span>
      </Cell>
      <Cell className="dispute-due" label="Answer">
        <DisputeDeadline dispute={dispute} />
      </Cell>
      <Cell className="dispute-opened">
        <Timestamp at={dispute.created_at} />
      </Cell>
    </Row>
  );
}

export function DisputesView() {
  const { tenant } = useTenant();
  const disputes = usePaged(
    paymentKeys.disputes(tenant),
    (cursor, signal) => listDisputes(tenant, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  const empty = (
    <EmptyState title="No disputes">
      <p>
        When a cardholder tells their bank that a payment was wrong, the bank takes the money back
        and waits for your evidence. Such disputes stand here, with their deadlines.
      </p>
    </EmptyState>
  );
  return (
    <PagedCourse
      label="Disputes"
      list={disputes}
      skeleton={4}
      empty={empty}
      className="dispute-table"
      columns={['Amount', 'State', 'Reason', 'Answer due', 'Opened']}
      row={(dispute) => <DisputeRow key={dispute.id} dispute={dispute} />}
    />
  );
}
