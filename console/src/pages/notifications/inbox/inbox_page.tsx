import { useQuery } from '@tanstack/react-query';
import {
  changeEntry,
  countInbox,
  kInboxStates,
  listInbox,
  readAll,
  type InboxChange,
  type InboxCounts,
  type InboxEntry,
  type InboxState,
} from '../../../api/inbox';
import { formatCount } from '../../../lib/numbers';
import { adjust } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { LiveMark } from '../../../ui/live_mark';
import { Course, Page } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Segmented } from '../../../ui/segmented';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import { useLiveInbox } from './use_live_inbox';
import './inbox_page.css';

const kStateWords: Record<InboxState, string> = {
  current: 'All',
  unread: 'Unread',
  archived: 'Archived',
};

function readState(query: string): InboxState {
  const wanted = new URLSearchParams(query).get('state');
  return kInboxStates.find((state) => state === wanted) ?? 'current';
}

/** Only what leads to the web is made a link: the app may have addresses of its own. */
function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url);
}

function Entry({ user, entry }: { user: string; entry: InboxEntry }) {
  const { tenant } = useTenant();
  const { id, title, body, url, category, read_at: read, archived_at: archived } = entry;
  const changing = useAction<InboxChange>({
    run: (change) => changeEntry(tenant, user, id, change),
    done: (change) =>
      ({
        read: 'It is read.',
        unread: 'It is new again.',
        archive: 'It is put away.',
        unarchive: 'It is back.',
      })[change],
    changes: [notificationKeys.inbox(tenant, user)],
  });
  const about = title === '' ? body : title;
  const press = (change: InboxChange, word: string) => (
    <Button
      small
      onPress={() => changing.mutate(change)}
      isPending={changing.isPending}
      aria-label={`${word}: ${about}`}
    >
      {word}
    </Button>
  );
  return (
    <li className="entry" data-unread={read === null || undefined}>
      <div className="entry-text">
        <h3>
          {read === null && <span className="offscreen">Unread: </span>}
          {about}
        </h3>
        {title !== '' && <p>{body}</p>}
        <p className="entry-about">
          <Timestamp at={entry.created_at} />
          {category !== null && <span>{category}</span>}
          {url !== null && (isWeb(url) ? <a href={url}>{url}</a> : <span>{url}</span>)}
          <a href={places.message(entry.notification_id)}>Its story</a>
        </p>
      </div>
      <div className="entry-actions">
        {read === null ? press('read', 'Read') : press('unread', 'Unread')}
        {archived === null ? press('archive', 'Archive') : press('unarchive', 'Bring back')}
      </div>
    </li>
  );
}

function NoEntries({ state }: { state: InboxState }) {
  const words = {
    current: 'Nothing in the inbox',
    unread: 'All is read',
    archived: 'Nothing was put away',
  };
  return (
    <EmptyState title={words[state]}>
      <p>What is sent to this user by the channel “inbox” stands here at once.</p>
    </EmptyState>
  );
}

function leadOf(counts: InboxCounts | undefined): string {
  if (!counts) return '…';
  const { unread, current, archived } = counts;
  return `${formatCount(unread)} unread of ${formatCount(current)}, ${formatCount(archived)} archived`;
}

export function InboxPage({ user, query }: { user: string; query: string }) {
  const { tenant } = useTenant();
  const state = readState(query);
  const live = useLiveInbox(tenant, user);
  const counts = useQuery({
    queryKey: notificationKeys.inboxCounts(tenant, user),
    queryFn: ({ signal }) => countInbox(tenant, user, signal),
  });
  const entries = usePaged(
    notificationKeys.inboxList(tenant, user, state),
    (cursor, signal) => listInbox(tenant, user, state, cursor, kPageSize, signal),
    { keepsOld: true },
  );
  const newest = entries.rows[0]?.id;
  const reading = useAction<string>({
    run: (upTo) => readAll(tenant, user, upTo),
    done: () => 'All of it is read.',
    changes: [notificationKeys.inbox(tenant, user)],
  });
  const base = places.inbox(user);
  return (
    <Page
      title={user}
      crumb={<a href={places.section('inbox')}>Inboxes</a>}
      lead={<span data-testid="inbox-counts">{leadOf(counts.data)}</span>}
      actions={
        <>
          <LiveMark state={live} />
          <a className="button button-quiet" href={places.recipient(user)}>
            Recipient
          </a>
          <Button
            onPress={() => newest !== undefined && reading.mutate(newest)}
            isDisabled={newest === undefined || counts.data?.unread === 0 || state === 'archived'}
            isPending={reading.isPending}
          >
            Mark all read
          </Button>
        </>
      }
    >
      <Course
        title="Newest first"
        tools={
          <Segmented
            label="Show"
            value={state}
            options={kInboxStates.map((value) => ({ value, label: kStateWords[value] }))}
            onChange={(next) => adjust(next === 'current' ? base : `${base}?state=${next}`)}
          />
        }
      >
        <Paged list={entries} what="the inbox" skeleton={5} empty={<NoEntries state={state} />}>
          <ul className="entries" aria-label="Inbox">
            {entries.rows.map((entry) => (
              <Entry key={entry.id} user={user} entry={entry} />
            ))}
          </ul>
        </Paged>
      </Course>
    </Page>
  );
}
