import { Page } from '../../ui/page';
import { Views } from '../../ui/views';
import { ConsumersView } from './consumers_view';
import { DeadLettersView } from './dead_letters_view';
import { EventLog } from './event_log';
import { kViews, readView, viewHref } from './events_view';

export function EventsPage({ query }: { query: string }) {
  const { view, consumer } = readView(query);
  return (
    <Page title="Events" lead="What happened, of all tenants, and who has been told of it.">
      <Views value={view} options={kViews} hrefOf={viewHref} />
      {view === 'consumers' && <ConsumersView />}
      {view === 'dead' && <DeadLettersView consumer={consumer} />}
      {view === 'log' && <EventLog />}
    </Page>
  );
}
