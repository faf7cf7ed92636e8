import { hasStatus } from '../../api/problem';
import { formatCount } from '../../lib/numbers';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { Course, Page } from '../../ui/page';
import { useUsage, verdicts } from './limits_queries';
import { viewHref } from './limits_view';
import { RuleDetailView, useDetail } from './rule_detail';

function OwnFacts({ name }: { name: string }) {
  const usage = useUsage(null);
  const row = usage.data?.rules.find((each) => each.rule === name);
  const recent = row && verdicts(row.recent);
  const total = row && verdicts(row.total);
  const shown = (count: number | undefined) => (count === undefined ? '–' : formatCount(count));
  return (
    <Facts>
      <Fact name="Allowed in 5 min" numeric>
        {shown(recent?.passed)}
      </Fact>
      <Fact name="Denied in 5 min" numeric testId="rule-denied">
        {shown(recent?.refused)}
      </Fact>
      <Fact name="Would be denied" numeric>
        {shown(recent?.shadow)}
      </Fact>
      <Fact name="Since the start" numeric>
        {shown(total?.passed)} / {shown(total?.refused)}
      </Fact>
    </Facts>
  );
}

export function OwnRulePage({ name }: { name: string }) {
  const detail = useDetail(null, name, true);
  const gone = hasStatus(detail.error, 404);
  return (
    <Page
      title={name}
      crumb={<a href={viewHref('own')}>Limits of the installation</a>}
      actions={
        !gone && (
          <LiveMark state={detail.isError ? 'waiting' : detail.data ? 'open' : 'connecting'} />
        )
      }
    >
      {gone ? (
        <Course>
          <EmptyState title="No such rule">
            <p>
              The installation has no rule called <code>{name}</code> now. See{' '}
              <a href={viewHref('own')}>all of them</a>.
            </p>
          </EmptyState>
        </Course>
      ) : (
        <>
          <Course>
            <OwnFacts name={name} />
          </Course>
          <RuleDetailView detail={detail} shadow={false} counts="by key" />
        </>
      )}
    </Page>
  );
}
