import { Suspense, lazy, useState } from 'react';
import { listLinks, type LinkFilter, type LinkName } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { useDebounced } from '../../lib/use_debounced';
import { useLiveClicks } from '../../lib/use_live_clicks';
import { EmptyState } from '../../ui/empty_state';
import { LiveMark } from '../../ui/live_mark';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Views } from '../../ui/views';
import { BulkBar } from './bulk/bulk_bar';
import { useSelection } from './bulk/selection';
import { CreateLink } from './create_link';
import { EditLink } from './edit_link';
import { LinkFilters } from './link_filters';
import { LinkTable, PickAll } from './link_table';
import {
  filterOf,
  isNarrowed,
  kViews,
  readNarrowing,
  readView,
  viewHref,
  type View,
} from './links_view';
import { LinksEmpty } from './links_empty';
import { SectionLoading } from './section_loading';
import './links_page.css';

const AnalyticsView = lazy(async () => ({
  default: (await import('./links_sections')).AnalyticsView,
}));
const ReviewsView = lazy(async () => ({
  default: (await import('./links_sections')).ReviewsView,
}));
const DomainsView = lazy(async () => ({
  default: (await import('./links_sections')).DomainsView,
}));
const ImportsView = lazy(async () => ({
  default: (await import('./links_sections')).ImportsView,
}));

const kPageSize = 25;
const kTypingPauseMs = 250;

function useLinks(filter: LinkFilter) {
  const { tenant } = useTenant();
  return usePaged(
    linkKeys.list(tenant, filter),
    (cursor, signal) => listLinks(tenant, filter, cursor, kPageSize, signal),
    { keepsOld: true },
  );
}

function NoMatch() {
  return (
    <EmptyState title="No link matches">
      <p>
        The search looks at codes and targets of this tenant; archived links are under “Archived”.
      </p>
    </EmptyState>
  );
}

function List({ query }: { query: string }) {
  const { tenant } = useTenant();
  const live = useLiveClicks(tenant, null);
  const [text, setText] = useState('');
  const [editing, setEditing] = useState<LinkName | null>(null);
  const narrowing = readNarrowing(query);
  const q = useDebounced(text.trim(), kTypingPauseMs);
  const filter = filterOf(q, narrowing);
  const links = useLinks(filter);
  const selection = useSelection(JSON.stringify(filter));

  return (
    <>
      <Course>
        <CreateLink />
      </Course>
      <Course>
        <div className="links-filter">
          <LinkFilters text={text} onText={setText} narrowing={narrowing} />
          <LiveMark state={live} />
        </div>
        <Paged
          list={links}
          what="links"
          skeleton={8}
          empty={isNarrowed(q, narrowing) ? <NoMatch /> : <LinksEmpty />}
        >
          <div className="link-pick-all">
            <PickAll links={links.rows} selection={selection} label="Choose all in sight" />
          </div>
          <BulkBar
            selection={selection}
            filter={filter}
            canTakeEverything={links.hasNextPage && links.rows.every(selection.has)}
          />
          <LinkTable
            links={links.rows}
            selection={selection}
            narrowing={narrowing}
            onEdit={setEditing}
          />
        </Paged>
      </Course>
      <EditLink name={editing} onClose={() => setEditing(null)} />
    </>
  );
}

function Content({ view, query }: { view: View; query: string }) {
  switch (view) {
    case 'links':
      return <List query={query} />;
    case 'analytics':
      return <AnalyticsView query={query} />;
    case 'domains':
      return <DomainsView />;
    case 'imports':
      return <ImportsView />;
    case 'reviews':
      return <ReviewsView query={query} />;
  }
}

export function LinksPage({ query }: { query: string }) {
  const view = readView(query);
  return (
    <Page title="Links" lead="Short addresses that redirect, and count who followed them.">
      <Views value={view} options={kViews} hrefOf={viewHref} />
      <Suspense fallback={<SectionLoading />}>
        <Content view={view} query={query} />
      </Suspense>
    </Page>
  );
}
