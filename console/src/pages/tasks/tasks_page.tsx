import { Page } from '../../ui/page';
import { Views } from '../../ui/views';
import { QueuesView } from './queues_view';
import { SchedulesView } from './schedules_view';
import { kViews, readView, viewHref } from './tasks_view';

export function TasksPage({ query }: { query: string }) {
  const view = readView(query);
  return (
    <Page
      title="Tasks"
      lead="Work that is done later, at least once, by your workers or your URLs."
    >
      <Views value={view} options={kViews} hrefOf={viewHref} />
      {view === 'queues' ? <QueuesView /> : <SchedulesView />}
    </Page>
  );
}
