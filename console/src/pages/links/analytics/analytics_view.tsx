// Analytics: of all links, or those of a tag or an owner; and of one link.
import type { LinkName } from '../../../api/links';
import { adjust, hrefs, withQuery } from '../../../lib/router';
import { Course } from '../../../ui/page';
import { ExactFilters } from '../link_filters';
import { queryOf, readChoice } from './report_range';
import { Report } from './report';

export function AnalyticsView({ query }: { query: string }) {
  const params = new URLSearchParams(query);
  const choice = readChoice(query);
  const scope = {
    tag: params.get('tag'),
    owner: params.get('owner'),
    domain: params.get('domain'),
  };
  const hrefOf = (change: Record<string, string | null>) =>
    withQuery(hrefs.links, { view: 'analytics', ...scope, ...queryOf(choice), ...change });
  return (
    <>
      <Course>
        {/* Clicks are added up by tag, by owner and by domain, and not by two of them at once. */}
        <ExactFilters
          value={scope}
          onChange={(one) => adjust(hrefOf({ tag: null, owner: null, domain: null, ...one }))}
        />
      </Course>
      <Report scope={scope} choice={choice} onChange={(next) => adjust(hrefOf(queryOf(next)))} />
    </>
  );
}

export function LinkAnalyticsView({ name, query }: { name: LinkName; query: string }) {
  return (
    <Report
      scope={{ name }}
      choice={readChoice(query)}
      onChange={(next) =>
        adjust(hrefs.link(name.code, { view: 'analytics', domain: name.domain, ...queryOf(next) }))
      }
    />
  );
}
