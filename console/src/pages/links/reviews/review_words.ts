import type { QueuedReview, ReviewStatus } from '../../../api/link_reviews';

const kReasonWords: Record<string, string> = {
  look_alike: 'looks like another name',
  mixed_scripts: 'mixes scripts in a name',
  name_inside: 'holds another’s name',
  open_redirect: 'leads on to where its address says',
  many_nested_urls: 'its parameters hold too many addresses',
  reports: 'reported by visitors',
  operator: 'put here by an operator',
  denied: 'leads to a denied host',
};

export function reasonWords(reason: string): string {
  if (reason.startsWith('list:')) return `on a list of unsafe pages (${reason.slice(5)})`;
  if (reason.startsWith('denied:')) return `on the deny list (${reason.slice(7)})`;
  return kReasonWords[reason] ?? reason;
}

/** Of a target's field (`/rules/0/url`): what of the link it is. */
export function targetWords(field: string, nested: boolean): string {
  const [, list = '', at = '0'] = field.split('/');
  const which = Number(at) + 1;
  const words =
    list === 'rules'
      ? `rule ${which}`
      : list === 'variants'
        ? `variant ${which}`
        : list === 'expired_url'
          ? 'when expired'
          : 'target';
  return nested ? `in a parameter of: ${words}` : words;
}

export const kOpenedFor: Record<QueuedReview['opened_for'], string> = {
  signs: 'by signs in its address',
  reports: 'by reports of visitors',
  list: 'by a list of unsafe pages',
  denied: 'by a denied host',
  operator: 'by an operator',
  appeal: 'by its owner’s appeal',
};

export const kStatusWords: Record<ReviewStatus, string> = {
  open: 'To decide',
  flagged: 'Flagged',
  cleared: 'Cleared',
  lapsed: 'Lapsed',
};

export const kReportWords: Record<string, string> = {
  phishing: 'Phishing',
  malware: 'Malware',
  spam: 'Spam',
  illegal: 'Illegal',
  other: 'Other',
};
