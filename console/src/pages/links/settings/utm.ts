// The parameters by which web analytics tell campaigns apart, in an address. What else stands in
// its query is left as it is, to the letter: it may be signed.

export const kUtmFields = ['source', 'medium', 'campaign', 'term', 'content'] as const;
export type UtmField = (typeof kUtmFields)[number];

interface Parts {
  base: string;
  pairs: string[];
  fragment: string;
}

function split(url: string): Parts {
  const hash = url.indexOf('#');
  const fragment = hash < 0 ? '' : url.slice(hash);
  const rest = hash < 0 ? url : url.slice(0, hash);
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  return {
    base: mark < 0 ? rest : rest.slice(0, mark),
    pairs: query.split('&').filter((pair) => pair !== ''),
    fragment,
  };
}

const isOf = (field: UtmField) => (pair: string) => pair.split('=')[0] === `utm_${field}`;

export function utmOf(url: string, field: UtmField): string {
  const pair = split(url).pairs.find(isOf(field));
  return pair === undefined ? '' : (new URLSearchParams(pair).get(`utm_${field}`) ?? '');
}

/** With "" without it. */
export function withUtm(url: string, field: UtmField, value: string): string {
  const { base, pairs, fragment } = split(url);
  const isIt = isOf(field);
  const pair = new URLSearchParams({ [`utm_${field}`]: value }).toString();
  const at = pairs.findIndex(isIt);
  const others = pairs.filter((each) => !isIt(each));
  if (value !== '') others.splice(at < 0 ? others.length : at, 0, pair);
  return `${base}${others.length === 0 ? '' : `?${others.join('&')}`}${fragment}`;
}
