import type { LinkReport, Scope } from '../../../api/link_analytics';
import { useNow } from '../../../lib/use_now';
import { Fact, Facts } from '../../../ui/facts';
import { LiveMark } from '../../../ui/live_mark';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { Timestamp } from '../../../ui/timestamp';
import { rangeOf, type Choice } from './report_range';
import { ExportButtons, RangeTools } from './report_tools';
import { SeenList } from './seen_clicks';
import { TopCard, TopLists } from './top_lists';
import { TrafficChart } from './traffic_chart';
import { useReport, useSeenClicks } from './use_report';
import { WorldMap } from './world_map';

const kMinuteMs = 60_000;

function Sampled({ detail }: { detail: LinkReport['detail'] }) {
  if (!detail.sampled) return null;
  const kept = detail.kept.toLocaleString('en');
  const of = detail.of.toLocaleString('en');
  return (
    <Notice>
      <p>
        Clicks are exact. Bots and lists are estimates, and visitors too few: more is known of{' '}
        {kept} of {of} clicks
        {detail.one_in > 1 && `, as links.detail_one_in = ${detail.one_in} says`}.
      </p>
    </Notice>
  );
}

function Totals({ report }: { report: LinkReport }) {
  const { clicks, visitors, bots } = report.totals;
  return (
    <Facts large>
      <Fact name="Clicks" numeric testId="report-clicks">
        {clicks.toLocaleString('en')}
      </Fact>
      <Fact name="Visitors" numeric testId="report-visitors">
        {visitors.toLocaleString('en')}
      </Fact>
      <Fact name="Of bots" numeric>
        {bots.toLocaleString('en')}
      </Fact>
    </Facts>
  );
}

function Where({ report }: { report: LinkReport }) {
  const countries = report.top.find(({ dimension }) => dimension === 'country');
  if (!countries) return null;
  return (
    <Course title="Where from">
      <div className="world-and-list">
        <WorldMap countries={countries} />
        <div>
          <TopCard list={countries} />
          {countries.values.length === 0 && (
            <p className="top-none">
              The server knows countries once it has a file of them: links.geoip_file.
            </p>
          )}
        </div>
      </div>
    </Course>
  );
}

function Answer({ report, scope, choice }: { report: LinkReport; scope: Scope; choice: Choice }) {
  const nowMs = useNow();
  // "Rule 1" of one link has nothing to do with that of another.
  const lists =
    'name' in scope ? report.top : report.top.filter(({ dimension }) => dimension !== 'choice');
  return (
    <>
      <Course
        title="Clicks and visitors"
        tools={
          <>
            <span className="report-as-of">
              as of <Timestamp at={report.as_of} />
            </span>
            <ExportButtons scope={scope} range={rangeOf(choice, nowMs)} />
          </>
        }
      >
        <Sampled detail={report.detail} />
        <Totals report={report} />
        <TrafficChart report={report} />
      </Course>
      <Where report={report} />
      <Course title="What is known of them">
        <TopLists lists={lists} />
      </Course>
    </>
  );
}

interface ReportProps {
  scope: Scope;
  choice: Choice;
  onChange: (choice: Choice) => void;
}

export function Report({ scope, choice, onChange }: ReportProps) {
  const nowMs = Math.floor(useNow() / kMinuteMs) * kMinuteMs;
  const report = useReport(scope, rangeOf(choice, nowMs));
  const live = useSeenClicks(scope);
  return (
    <>
      <Course>
        <RangeTools choice={choice} onChange={onChange} />
      </Course>
      {report.isError && (
        <Course>
          <ErrorNotice error={report.error} />
        </Course>
      )}
      {report.isPending && (
        <Course>
          <div className="report-place">
            <Skeleton rows={8} label="Loading the report" />
          </div>
        </Course>
      )}
      {report.data && <Answer report={report.data} scope={scope} choice={choice} />}
      <Course title="Live" tools={<LiveMark state={live.state} />}>
        <SeenList seen={live.seen} />
      </Course>
    </>
  );
}
