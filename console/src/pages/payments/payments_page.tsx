import { Page } from '../../ui/page';
import { Views } from '../../ui/views';
import { ReconciliationView } from '../reconciliation/reconciliation_view';
import { DisputesView } from './disputes_view';
import { PaymentsView } from './payment_list';
import { PayoutsView } from './payouts_view';
import { kViews, readState, readView, viewHref } from './payments_view';

export function PaymentsPage({ query }: { query: string }) {
  const view = readView(query);
  return (
    <Page
      title="Payments"
      lead="Money taken, given back, disputed and paid out, and checked against the bank’s statements."
    >
      <Views value={view} options={kViews} hrefOf={viewHref} />
      {view === 'payments' && <PaymentsView state={readState(query)} />}
      {view === 'disputes' && <DisputesView />}
      {view === 'payouts' && <PayoutsView />}
      {view === 'reconciliation' && <ReconciliationView />}
    </Page>
  );
}
