import { useState } from 'react';
import { listLinks, type LinkFilter } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { useDebounced } from '../../lib/use_debounced';
import { useLiveClicks } from '../../lib/use_live_clicks';
import { EmptyState } from '../../ui/empty_state';
import { LiveMark } from '../../ui/live_mark';
import { Course, Page } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Segmented } from '../../ui/segmented';
import { CreateLink } from './create_link';
import { EditLink } from './edit_link';
import { LinkTable } from './link_table';
import { LinksEmpty } from './links_empty';
import { LinkSearch } from './link_search';
import './links_page.css';

const kPageSize = 25;
const kTypingPauseMs = 250;

const kStates = [
  { value: 'all', label: 'All' },
  { value: 'enabled', label: 'Enabled' },
  { value: 'disabled', label: 'Disabled' },
] as const;
type StateFilter = (typeof kStates)[number]['value'];

function toEnabled(state: StateFilter): boolean | null {
  return state === 'all' ? null : state === 'enabled';
}

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
      <p>The search looks at codes and targets of this tenant.</p>
    </EmptyState>
  );
}

export function LinksPage() {
  const { tenant } = useTenant();
  const live = useLiveClicks(tenant, null);
  const [text, setText] = useState('');
  const [state, setState] = useState<StateFilter>('all');
  const [editing, setEditing] = useState<string | null>(null);

  const filter = { q: useDebounced(text.trim(), kTypingPauseMs), enabled: toEnabled(state) };
  const links = useLinks(filter);
  const filtered = filter.q !== '' || filter.enabled !== null;

  return (
    <Page title="Links" lead="Short addresses that redirect, and count who followed them.">
      <Course>
        <CreateLink />
      </Course>
      <Course>
        <div className="links-filter">
          <LinkSearch value={text} onChange={setText} />
          <Segmented label="State" value={state} options={kStates} onChange={setState} />
          <LiveMark state={live} />
        </div>
        <Paged
          list={links}
          what="links"
          skeleton={8}
          empty={filtered ? <NoMatch /> : <LinksEmpty />}
        >
          <LinkTable links={links.rows} onEdit={setEditing} />
        </Paged>
      </Course>
      <EditLink code={editing} onClose={() => setEditing(null)} />
    </Page>
  );
}
