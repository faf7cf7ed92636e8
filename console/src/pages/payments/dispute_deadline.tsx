import type { Dispute } from '../../api/payments';
import { formatFull } from '../../lib/time';
import { useNow } from '../../lib/use_now';
import { Timestamp } from '../../ui/timestamp';
import './dispute_deadline.css';

const kSoonMs = 3 * 24 * 3_600_000;

/** Until when evidence counts. Red when little time is left: after it the dispute is lost. */
export function DisputeDeadline({ dispute }: { dispute: Dispute }) {
  const nowMs = useNow();
  const { due_by: due, state, expired } = dispute;
  if (expired) return <span className="deadline-over">Missed</span>;
  if (state !== 'needs_response' || due === null) return <>–</>;
  const soon = Date.parse(due) - nowMs < kSoonMs;
  return (
    <span className={soon ? 'deadline-soon' : undefined} title={formatFull(due)}>
      <Timestamp at={due} />
    </span>
  );
}
