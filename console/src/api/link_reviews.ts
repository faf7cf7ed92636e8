import { call, type Page } from './http';
import { pathOf, type Flag, type LinkName } from './links';

export const kReviewStatuses = ['open', 'flagged', 'cleared', 'lapsed'] as const;
export type ReviewStatus = (typeof kReviewStatuses)[number];

interface Said {
  code: string;
  flag: Flag;
  reasons: string[];
  reports: number;
  appeal: string | null;
  appealed_at: string | null;
  decided_at: string | null;
  /** The operator's, of the decision. */
  note: string | null;
}

/** What is said of a link, for its owner. */
export interface LinkReview extends Said {
  /** null: nobody ever looked. */
  status: ReviewStatus | null;
}

/** For the operator. */
export interface QueuedReview extends Said {
  id: string;
  /** Its id. */
  tenant: string;
  domain?: string | null;
  short_url: string;
  url: string;
  status: ReviewStatus;
  opened_for: 'signs' | 'reports' | 'list' | 'denied' | 'operator' | 'appeal';
  opened_at: string;
}

/** One of all that a link may lead to. */
export interface ReviewTarget {
  /** Of the link: /url, /rules/0/url and the like. */
  field: string;
  url: string;
  /** It is in a parameter of that field. */
  nested: boolean;
  found: string[];
}

export interface ReviewDetail {
  review: QueuedReview;
  targets: ReviewTarget[];
  /** What is found of targets that it had when it was flagged. */
  earlier: string[];
  reports: { at: string; reason: string; comment: string }[];
}

export async function getLinkReview(
  tenant: string,
  name: LinkName,
  signal?: AbortSignal,
): Promise<LinkReview> {
  const query = { domain: name.domain };
  return (await call<LinkReview>('GET', pathOf(name, 'review'), { tenant, query, signal })).data;
}

export async function appeal(tenant: string, name: LinkName, text: string): Promise<LinkReview> {
  const options = { tenant, query: { domain: name.domain }, body: { text } };
  return (await call<LinkReview>('POST', pathOf(name, 'appeal'), options)).data;
}

export async function listReviews(
  status: ReviewStatus,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<QueuedReview>> {
  const query = { status, cursor, limit };
  return (await call<Page<QueuedReview>>('GET', '/v1/link-reviews', { query, signal })).data;
}

export async function getReview(id: string, signal?: AbortSignal): Promise<ReviewDetail> {
  const path = `/v1/link-reviews/${encodeURIComponent(id)}`;
  return (await call<ReviewDetail>('GET', path, { signal })).data;
}

export async function decideReview(
  id: string,
  decision: 'flag' | 'clear',
  note: string,
): Promise<void> {
  const path = `/v1/link-reviews/${encodeURIComponent(id)}/decide`;
  await call<ReviewDetail>('POST', path, { body: { decision, note } });
}
