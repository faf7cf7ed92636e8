import { kReviewStatuses, type ReviewStatus } from '../../../api/link_reviews';
import { hrefs, withQuery } from '../../../lib/router';

export function readStatus(query: string): ReviewStatus {
  const wanted = new URLSearchParams(query).get('status');
  return kReviewStatuses.find((status) => status === wanted) ?? 'open';
}

export function reviewsHref(status: ReviewStatus): string {
  return withQuery(hrefs.links, { view: 'reviews', status: status === 'open' ? null : status });
}
