// What the create and edit forms share: the words for redirects, and which server reason is about
// which field.
import { kRedirectStatuses, type RedirectStatus } from '../../api/links';

const kStatusWords: Record<RedirectStatus, string> = {
  301: '301 · permanent, browsers keep it',
  302: '302 · temporary, clicks counted',
  307: '307 · temporary, keeps the method',
  308: '308 · permanent, keeps the method',
};

export const statusOptions = kRedirectStatuses.map((status) => ({
  value: String(status),
  label: kStatusWords[status],
}));

export function toStatus(value: string): RedirectStatus {
  return kRedirectStatuses.find((status) => String(status) === value) ?? 302;
}

export const linkReasons = { code_taken: 'code' };

/** People paste "example.com/page"; they mean https. */
export function withScheme(url: string): string {
  const trimmed = url.trim();
  return trimmed === '' || /^[a-z][a-z0-9+.-]*:/i.test(trimmed) ? trimmed : `https://${trimmed}`;
}
