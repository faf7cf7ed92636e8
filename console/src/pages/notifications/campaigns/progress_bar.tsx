import type { CampaignCounts } from '../../../api/campaigns';
import { formatCount } from '../../../lib/numbers';
import './progress_bar.css';

const kParts = ['sent', 'skipped', 'failed'] as const;

/** What has become of an audience, in one bar; what is empty of it waits. */
export function ProgressBar({ counts }: { counts: CampaignCounts }) {
  const whole = Math.max(1, counts.audience);
  const words = [...kParts, 'waiting' as const].map(
    (part) => `${formatCount(counts[part])} ${part}`,
  );
  return (
    <div className="progress" role="img" aria-label={words.join(', ')}>
      {kParts.map((part) => (
        <span
          key={part}
          className={`progress-${part}`}
          style={{ width: `${(counts[part] / whole) * 100}%` }}
        />
      ))}
    </div>
  );
}
