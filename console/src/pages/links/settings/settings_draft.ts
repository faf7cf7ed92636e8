// The settings of a link as the fields of their form have them, and what of them was changed.
import type { Link, LinkChange } from '../../../api/links';
import { fromLocalInput, toLocalInput } from '../../../lib/time';
import { toStatus, withScheme } from '../link_form_fields';

export type PasswordPlan = 'keep' | 'set' | 'remove';

export interface SettingsDraft {
  url: string;
  status: string;
  forwardQuery: boolean;
  validFrom: string;
  expiry: string;
  expiredUrl: string;
  maxClicks: string;
  passwordPlan: PasswordPlan;
  password: string;
  title: string;
  notes: string;
  owner: string;
  tags: readonly string[];
  enabled: boolean;
  archived: boolean;
}

export function draftOf(link: Link): SettingsDraft {
  return {
    url: link.url,
    status: String(link.status),
    forwardQuery: link.forward_query,
    validFrom: toLocalInput(link.valid_from),
    expiry: toLocalInput(link.expires_at),
    expiredUrl: link.expired_url ?? '',
    maxClicks: link.max_clicks === null ? '' : String(link.max_clicks),
    passwordPlan: 'keep',
    password: '',
    title: link.title ?? '',
    notes: link.notes ?? '',
    owner: link.owner ?? '',
    tags: link.tags,
    enabled: link.enabled,
    archived: link.archived,
  };
}

const orNull = (text: string) => (text.trim() === '' ? null : text.trim());

function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

function passwordOf({ passwordPlan, password }: SettingsDraft): Pick<LinkChange, 'password'> {
  if (passwordPlan === 'keep') return {};
  return { password: passwordPlan === 'remove' ? null : password };
}

/** What each field means to the server. */
const kMeanings: {
  [Field in Exclude<keyof SettingsDraft, 'passwordPlan' | 'password'>]: (
    draft: SettingsDraft,
  ) => LinkChange;
} = {
  url: (draft) => ({ url: withScheme(draft.url) }),
  status: (draft) => ({ status: toStatus(draft.status) }),
  forwardQuery: (draft) => ({ forward_query: draft.forwardQuery }),
  validFrom: (draft) => ({ valid_from: fromLocalInput(draft.validFrom) }),
  expiry: (draft) => ({ expires_at: fromLocalInput(draft.expiry) }),
  expiredUrl: (draft) => ({ expired_url: orNull(withScheme(draft.expiredUrl)) }),
  maxClicks: (draft) => ({ max_clicks: numberOf(draft.maxClicks) }),
  title: (draft) => ({ title: orNull(draft.title) }),
  notes: (draft) => ({ notes: orNull(draft.notes) }),
  owner: (draft) => ({ owner: orNull(draft.owner) }),
  tags: (draft) => ({ tags: [...draft.tags] }),
  enabled: (draft) => ({ enabled: draft.enabled }),
  archived: (draft) => ({ archived: draft.archived }),
};

/** Only what was changed: an untouched time keeps its seconds, which the input cannot show. */
export function changesOf(link: Link, draft: SettingsDraft): LinkChange {
  const before = draftOf(link);
  const fields = Object.keys(kMeanings) as (keyof typeof kMeanings)[];
  const changed = fields.filter(
    (field) => JSON.stringify(draft[field]) !== JSON.stringify(before[field]),
  );
  return changed.reduce<LinkChange>(
    (changes, field) => ({ ...changes, ...kMeanings[field](draft) }),
    passwordOf(draft),
  );
}
