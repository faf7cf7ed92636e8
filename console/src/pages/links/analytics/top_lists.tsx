import type { ReactNode } from 'react';
import type { Dimension, TopList } from '../../../api/link_analytics';
import { formatCount } from '../../../lib/numbers';
import { hrefs } from '../../../lib/router';
import { Ranking } from '../../../ui/ranking';
import { countryName, kBrowserWords, kDeviceWords, kSystemWords } from '../rules/rule_words';
import './top_lists.css';

const kTitles: Record<Dimension, string> = {
  link: 'Links',
  referrer: 'Referrers',
  country: 'Countries',
  region: 'Regions',
  device: 'Devices',
  browser: 'Browsers',
  os: 'Systems',
  utm_source: 'utm_source',
  utm_medium: 'utm_medium',
  utm_campaign: 'utm_campaign',
  utm_term: 'utm_term',
  utm_content: 'utm_content',
  choice: 'Rules and variants',
};

const kUnknown: Partial<Record<Dimension, string>> = {
  referrer: 'without a referrer',
  choice: 'to the link’s own target',
};

const kWords: Partial<Record<Dimension, Record<string, string>>> = {
  device: kDeviceWords,
  browser: kBrowserWords,
  os: kSystemWords,
};

/** Of "code", or "HOST/code" on a domain: neither holds a slash. */
function hrefOfLink(value: string): string {
  const slash = value.lastIndexOf('/');
  const domain = slash < 0 ? null : value.slice(0, slash);
  return hrefs.link(value.slice(slash + 1), { view: 'analytics', domain });
}

function nameOf(dimension: Dimension, value: string): ReactNode {
  if (dimension === 'country') return countryName(value);
  if (dimension === 'link') {
    return (
      <a className="mono" href={hrefOfLink(value)}>
        {value}
      </a>
    );
  }
  return kWords[dimension]?.[value] ?? value;
}

function Rest({ dimension, other, unknown, error }: TopList) {
  const parts = [
    other > 0 ? `${formatCount(other)} of others` : '',
    unknown > 0 ? `${formatCount(unknown)} ${kUnknown[dimension] ?? 'unknown'}` : '',
    error > 0 ? `each at most ${formatCount(error)} more` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? null : <p className="top-rest">{parts.join(' · ')}</p>;
}

export function TopCard({ list }: { list: TopList }) {
  const title = kTitles[list.dimension];
  const rows = list.values.map(({ value, clicks }) => ({
    key: value,
    name: nameOf(list.dimension, value),
    count: clicks,
  }));
  return (
    <section className="top-card">
      <h3>{title}</h3>
      {rows.length === 0 && <p className="top-none">Nothing known yet.</p>}
      {rows.length > 0 && <Ranking label={`${title} by clicks`} rows={rows} />}
      <Rest {...list} />
    </section>
  );
}

/** All but countries, which stand beside the map; what says nothing is left out. */
export function TopLists({ lists }: { lists: readonly TopList[] }) {
  const shown = lists.filter(
    ({ dimension, values }) => dimension !== 'country' && values.length > 0,
  );
  if (shown.length === 0) return <p className="top-none">Nothing known yet.</p>;
  return (
    <div className="top-lists">
      {shown.map((list) => (
        <TopCard key={list.dimension} list={list} />
      ))}
    </div>
  );
}
