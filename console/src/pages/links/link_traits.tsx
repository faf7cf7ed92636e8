import type { Link } from '../../api/links';
import './link_traits.css';

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`;
}

/** What a link has beside its target, in a few words. */
export function traitsOf(link: Link): string[] {
  return [
    link.has_password ? 'password' : '',
    link.max_clicks === null ? '' : `${link.clicks_left ?? 0} of ${link.max_clicks} clicks left`,
    link.rules.length === 0 ? '' : count(link.rules.length, 'rule'),
    link.variants.length === 0 ? '' : count(link.variants.length, 'variant'),
    link.forward_query ? 'forwards its query' : '',
  ].filter((trait) => trait !== '');
}

export function LinkTraits({ link }: { link: Link }) {
  const traits = traitsOf(link);
  return traits.length === 0 ? null : <span className="link-traits">{traits.join(' · ')}</span>;
}
