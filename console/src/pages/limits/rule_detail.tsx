// What one rule did by second, and the keys behind it: a tenant's, or one of the installation's.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getRuleDetail, type Owner, type RuleDetail } from '../../api/limits';
import { hasStatus } from '../../api/problem';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { KeyRanking } from './key_ranking';
import { limitKeys } from './limits_queries';
import { SecondChart } from './second_chart';
import './rule_detail.css';

const kRefreshMs = 1_000;
const kKeysShown = 10;

export function useDetail(owner: Owner, name: string, exists: boolean) {
  return useQuery({
    queryKey: limitKeys.detail(owner, name),
    queryFn: ({ signal }) => getRuleDetail(owner, name, signal),
    enabled: exists,
    staleTime: 0,
    // Where there never was an answer, asking on would hide the error again every second.
    refetchInterval: ({ state }) =>
      state.status === 'error' && state.data === undefined ? false : kRefreshMs,
  });
}

interface KeysProps {
  detail: RuleDetail;
  shadow: boolean;
  counts: string;
}

function Keys({ detail, shadow, counts }: KeysProps) {
  const nobody = 'Nobody in the last 5 minutes.';
  return (
    <div className="rule-keys">
      <section>
        <h3>Asked most, {counts}</h3>
        <KeyRanking keys={detail.keys} label="Heaviest keys" empty={nobody} most={kKeysShown} />
      </section>
      <section>
        <h3>{shadow ? 'Would be denied most' : 'Denied most'}</h3>
        <KeyRanking
          keys={detail.denied_keys}
          label={shadow ? 'Keys that would be denied most' : 'Keys denied most'}
          empty={nobody}
          most={kKeysShown}
        />
      </section>
    </div>
  );
}

interface RuleDetailViewProps {
  detail: UseQueryResult<RuleDetail>;
  shadow: boolean;
  /** What it counts by, in words. */
  counts: string;
}

export function RuleDetailView({ detail, shadow, counts }: RuleDetailViewProps) {
  return (
    <>
      <Course title="The last 5 minutes, by second">
        {detail.isError && !hasStatus(detail.error, 404) && <ErrorNotice error={detail.error} />}
        <SecondChart seconds={detail.data?.seconds ?? []} shadow={shadow} />
      </Course>
      <Course title="Heavy keys">
        {detail.data ? (
          <Keys detail={detail.data} shadow={shadow} counts={counts} />
        ) : (
          <Skeleton rows={4} label="Loading keys" />
        )}
      </Course>
    </>
  );
}
