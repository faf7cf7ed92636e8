import { call } from './http';
import type { Rule, Variant } from './link_rules';
import { pathOf, type LinkName } from './links';

/** What is left out the visitor does not tell. */
export interface PreviewVisitor {
  user_agent?: string;
  accept_language?: string;
  query?: string;
  time?: string;
  country?: string;
  ip?: string;
}

export type Why =
  'link' | 'rule' | 'variant' | 'disabled' | 'not_yet_valid' | 'expired' | 'used_up' | 'flagged';

export interface LinkPreview {
  status: number;
  /** null: nowhere, or to one of the variants. */
  url: string | null;
  why: Why;
  index: number | null;
  asks_password: boolean;
  visitor: {
    device: string;
    os: string;
    browser: string;
    language: string | null;
    country: string | null;
    region: string | null;
  };
  rules: { url: string; holds: boolean; failing: string[] }[];
  variants: { url: string; share: number }[];
}

/** Nothing is counted; `rules` and `variants` are tried instead of the link's own. */
export async function previewLink(
  tenant: string,
  name: LinkName,
  visitor: PreviewVisitor,
  rules: Rule[],
  variants: Variant[],
): Promise<LinkPreview> {
  const body = { ...visitor, rules, variants };
  const query = { domain: name.domain };
  return (await call<LinkPreview>('POST', pathOf(name, 'preview'), { tenant, query, body })).data;
}
