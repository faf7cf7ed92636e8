import type { HeavyKeys } from '../../api/limits';
import { Ranking } from '../../ui/ranking';
import './key_ranking.css';

interface KeyRankingProps {
  keys: HeavyKeys;
  label: string;
  empty: string;
  most: number;
}

export function KeyRanking({ keys, label, empty, most }: KeyRankingProps) {
  if (!keys.kept) {
    return <p className="key-ranking-note">No memory was left for the keys of this rule.</p>;
  }
  if (keys.rows.length === 0) return <p className="key-ranking-note">{empty}</p>;
  const rows = keys.rows.slice(0, most).map(({ key, count }) => ({
    key: key === '' ? 'all together' : key,
    name: key === '' ? 'all together' : key,
    count,
  }));
  return (
    <>
      <Ranking label={label} rows={rows} />
      {!keys.exact && (
        <p className="key-ranking-note">Approximate: memory is bounded, so rare keys share it.</p>
      )}
    </>
  );
}
