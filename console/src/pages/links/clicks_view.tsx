import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getStats } from '../../api/clicks';
import type { Link, LinkName } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { useLiveClicks } from '../../lib/use_live_clicks';
import { CopyButton } from '../../ui/copy_button';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { ClickChart } from './click_chart';
import { LinkStateBadge } from './link_state';
import { LinkTraits } from './link_traits';
import { narrowedHref, readNarrowing } from './links_view';
import { RecentClicks } from './recent_clicks';
import { TagList } from './tag_list';
import { useLink } from './use_link';

const kUnits = [
  { value: 'hour', label: 'Hours' },
  { value: 'day', label: 'Days' },
] as const;

function LinkFacts({ link }: { link: Link }) {
  return (
    <Facts>
      <Fact name="Clicks" numeric testId="clicks">
        {link.clicks.toLocaleString('en')}
      </Fact>
      <Fact name="State">
        <LinkStateBadge link={link} />
      </Fact>
      <Fact name="Redirect">{link.status}</Fact>
      <Fact name="Expires">
        {link.expires_at === null ? 'Never' : <Timestamp at={link.expires_at} />}
      </Fact>
      <Fact name="Created">
        <Timestamp at={link.created_at} />
      </Fact>
    </Facts>
  );
}

function About({ link }: { link: Link }) {
  const anyLink = readNarrowing('');
  return (
    <>
      <p className="link-short">
        <a className="mono" href={link.short_url} target="_blank" rel="noreferrer">
          {link.short_url}
        </a>
        <CopyButton text={link.short_url} label="Copy short link" small />
      </p>
      <LinkFacts link={link} />
      <div className="link-beside">
        <TagList
          tags={link.tags}
          most={link.tags.length}
          hrefOf={(tag) => narrowedHref({ ...anyLink, tag })}
        />
        <LinkTraits link={link} />
      </div>
    </>
  );
}

function Clicks({ name }: { name: LinkName }) {
  const { tenant } = useTenant();
  const live = useLiveClicks(tenant, name);
  const [unit, setUnit] = useState<'hour' | 'day'>('hour');
  const stats = useQuery({
    queryKey: linkKeys.stats(tenant, name),
    queryFn: ({ signal }) => getStats(tenant, name, signal),
    // The stream keeps it current; now and then the server's own count corrects any drift.
    refetchInterval: 60_000,
  });
  return (
    <Course
      title="Clicks"
      tools={
        <>
          <LiveMark state={live} />
          <Segmented label="Chart by" value={unit} options={kUnits} onChange={setUnit} />
        </>
      }
    >
      {stats.isPending && (
        <div className="chart-place">
          <Skeleton rows={5} label="Loading the chart" />
        </div>
      )}
      {stats.isError && <ErrorNotice error={stats.error} />}
      {stats.data && (
        <ClickChart
          buckets={unit === 'hour' ? stats.data.by_hour : stats.data.by_day}
          unit={unit}
        />
      )}
    </Course>
  );
}

export function ClicksView({ name }: { name: LinkName }) {
  const answer = useLink(name);
  const link = answer.data?.data;
  return (
    <>
      <Course>
        <div className="link-about">
          {answer.isPending && <Skeleton rows={2} label="Loading the link" />}
          {answer.isError && <ErrorNotice error={answer.error} />}
          {link && <About link={link} />}
        </div>
      </Course>
      <Clicks name={name} />
      <RecentClicks name={name} />
    </>
  );
}
