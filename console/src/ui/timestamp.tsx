import { formatFull, formatRelative } from '../lib/time';
import { useNow } from '../lib/use_now';

export function Timestamp({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={formatFull(at)}>
      {formatRelative(at, nowMs)}
    </time>
  );
}
