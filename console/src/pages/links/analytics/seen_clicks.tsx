import { hrefs } from '../../../lib/router';
import { Timestamp } from '../../../ui/timestamp';
import type { SeenClicks } from './use_report';
import './seen_clicks.css';

/** The newest first; there are never more than a few. */
export function SeenList({ seen }: { seen: readonly SeenClicks[] }) {
  if (seen.length === 0) {
    return <p className="seen-none">Clicks appear here the moment they are counted.</p>;
  }
  return (
    <ol className="seen" aria-label="Live clicks">
      {seen.map(({ id, code, domain, clicks, total, at }) => (
        <li key={id}>
          <a className="cut mono" href={hrefs.link(code, { domain: domain ?? null })}>
            {code}
          </a>
          <strong className="numeric">+{clicks.toLocaleString('en')}</strong>
          <span className="seen-total numeric">{total.toLocaleString('en')} in all</span>
          <Timestamp at={at} />
        </li>
      ))}
    </ol>
  );
}
