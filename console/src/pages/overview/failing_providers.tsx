import { Notice } from '../../ui/notice';
import { places } from '../notifications/places';
import { troubleWords } from '../notifications/providers/provider_words';
import { useHealths } from '../notifications/providers/use_healths';

/** What cannot be told to anybody for the moment, where that is so: nobody looks at providers before. */
export function FailingProviders() {
  const healths = useHealths();
  const failing = (healths.data ?? []).filter(
    ({ enabled, trouble, breaker, credential }) =>
      enabled && (trouble !== null || breaker !== 'closed' || credential !== 'closed'),
  );
  if (failing.length === 0) return null;
  return (
    <Notice tone="bad">
      {failing.map((health) => (
        <p key={health.id}>
          Notifications: <a href={places.provider(health.id)}>{health.name}</a>.{' '}
          {troubleWords(health)}
        </p>
      ))}
    </Notice>
  );
}
