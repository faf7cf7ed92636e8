import type { ReviewStatus } from '../../../api/link_reviews';
import type { LinkName } from '../../../api/links';

export const reviewKeys = {
  all: ['link-reviews'],
  list: (status: ReviewStatus) => ['link-reviews', 'list', status],
  one: (id: string) => ['link-reviews', 'one', id],
  ofLinks: ['link-review'],
  ofLink: (tenant: string, { code, domain }: LinkName) => ['link-review', tenant, domain, code],
};
