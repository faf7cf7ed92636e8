import type { Link } from '../../api/links';
import { useNow } from '../../lib/use_now';
import { Badge } from '../../ui/badge';

export type LinkState = 'active' | 'disabled' | 'expired' | 'used up' | 'not yet';

/** What visitors meet: the first that holds, in the order in which the server asks. */
export function stateOf(link: Link, nowMs: number): LinkState {
  if (!link.enabled) return 'disabled';
  if (link.valid_from !== null && Date.parse(link.valid_from) > nowMs) return 'not yet';
  if (link.expires_at !== null && Date.parse(link.expires_at) <= nowMs) return 'expired';
  return link.clicks_left === 0 ? 'used up' : 'active';
}

export function LinkStateBadge({ link }: { link: Link }) {
  switch (stateOf(link, useNow())) {
    case 'active':
      return <Badge tone="good">Active</Badge>;
    case 'expired':
      return <Badge tone="bad">Expired</Badge>;
    case 'used up':
      return <Badge tone="bad">Used up</Badge>;
    case 'not yet':
      return <Badge tone="off">Not yet</Badge>;
    case 'disabled':
      return <Badge tone="off">Disabled</Badge>;
  }
}
