import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getStats } from '../../api/clicks';
import { getLink, type Link } from '../../api/links';
import { hasStatus } from '../../api/problem';
import { linkKeys } from '../../lib/links_cache';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useLiveClicks } from '../../lib/use_live_clicks';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy_button';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { ClickChart } from './click_chart';
import { EditLink } from './edit_link';
import { EnableSwitch } from './enable_switch';
import { LinkStateBadge } from './link_state';
import { RecentClicks } from './recent_clicks';
import './link_page.css';

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
  return (
    <>
      <p className="link-short">
        <a className="mono" href={link.short_url} target="_blank" rel="noreferrer">
          {link.short_url}
        </a>
        <CopyButton text={link.short_url} label="Copy short link" small />
      </p>
      <LinkFacts link={link} />
    </>
  );
}

function Clicks({ code }: { code: string }) {
  const { tenant } = useTenant();
  const live = useLiveClicks(tenant, code);
  const [unit, setUnit] = useState<'hour' | 'day'>('hour');
  const stats = useQuery({
    queryKey: linkKeys.stats(tenant, code),
    queryFn: ({ signal }) => getStats(tenant, code, signal),
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

function NotFound({ code }: { code: string }) {
  return (
    <Page title="No such link">
      <Course>
        <p>
          This tenant has no link <code>{code}</code>. Another tenant may have it: switch at the top
          of the page, or <a href={hrefs.links}>go to the links</a>.
        </p>
      </Course>
    </Page>
  );
}

export function LinkPage({ code }: { code: string }) {
  const { tenant } = useTenant();
  const [editing, setEditing] = useState(false);
  const answer = useQuery({
    queryKey: linkKeys.link(tenant, code),
    queryFn: ({ signal }) => getLink(tenant, code, signal),
  });
  const link = answer.data?.data;

  if (hasStatus(answer.error, 404)) return <NotFound code={code} />;
  const actions = link && (
    <>
      <EnableSwitch link={link} showLabel />
      <Button onPress={() => setEditing(true)}>Edit</Button>
    </>
  );
  return (
    <Page
      title={code}
      crumb={<a href={hrefs.links}>All links</a>}
      lead={link ? <span title={link.url}>→ {link.url}</span> : '…'}
      actions={actions}
    >
      <Course>
        <div className="link-about">
          {answer.isPending && <Skeleton rows={2} label="Loading the link" />}
          {answer.isError && <ErrorNotice error={answer.error} />}
          {link && <About link={link} />}
        </div>
      </Course>
      <Clicks code={code} />
      <RecentClicks code={code} />
      <EditLink code={editing ? code : null} onClose={() => setEditing(false)} />
    </Page>
  );
}
