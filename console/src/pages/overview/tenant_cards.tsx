// What goes on in the tenant that is shown: a few rows each, and the way to the whole.
import { useQuery } from '@tanstack/react-query';
import { getTop } from '../../api/activity';
import { kEveryLink, listLinks } from '../../api/links';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Ranking } from '../../ui/ranking';
import { Card } from './card';
import { kCardRows } from './own_requests';

const kRefreshMs = 5_000;

export function BusyUsers() {
  const { tenant } = useTenant();
  const top = useQuery({
    queryKey: ['activity-card', tenant],
    queryFn: ({ signal }) =>
      getTop(tenant, { dimension: 'user', window: 300, k: kCardRows }, signal),
    refetchInterval: kRefreshMs,
  });
  const rows = (top.data?.data ?? []).map(({ key, count }) => ({ key, count, name: key }));
  return (
    <Card
      title="Busiest users"
      about="Events of the last 5 minutes that your services sent."
      note={<a href={hrefs.activity}>Activity</a>}
      isPending={top.isPending}
      error={top.error}
      empty={rows.length === 0 && 'No events in the last 5 minutes.'}
    >
      <Ranking label="Busiest users" rows={rows} />
    </Card>
  );
}

export function NewestLinks() {
  const { tenant } = useTenant();
  const links = useQuery({
    queryKey: ['newest-links', tenant],
    queryFn: ({ signal }) => listLinks(tenant, kEveryLink, null, kCardRows, signal),
    refetchInterval: kRefreshMs,
  });
  const rows = links.data?.data ?? [];
  return (
    <Card
      title="Newest links"
      about="Each with all its clicks since it was made."
      note={<a href={hrefs.links}>Links</a>}
      isPending={links.isPending}
      error={links.error}
      empty={rows.length === 0 && 'No links yet.'}
    >
      <ul className="card-list">
        {rows.map((link) => (
          <li key={link.code}>
            <a className="mono" href={hrefs.link(link.code, { domain: link.domain ?? null })}>
              {link.code}
            </a>
            <span className="numeric">
              {link.clicks.toLocaleString('en')} {link.clicks === 1 ? 'click' : 'clicks'}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
