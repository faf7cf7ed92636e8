import type { Link } from '../../api/links';
import { useNow } from '../../lib/use_now';
import { Badge } from '../../ui/badge';
import './link_state.css';

export type LinkState = 'flagged' | 'active' | 'disabled' | 'expired' | 'used up' | 'not yet';

/** What visitors meet: the first that holds, in the order in which the server asks. */
export function stateOf(link: Link, nowMs: number): LinkState {
  if (link.flag === 'flagged') return 'flagged';
  if (!link.enabled) return 'disabled';
  if (link.valid_from !== null && Date.parse(link.valid_from) > nowMs) return 'not yet';
  if (link.expires_at !== null && Date.parse(link.expires_at) <= nowMs) return 'expired';
  return link.clicks_left === 0 ? 'used up' : 'active';
}

function StateBadge({ link }: { link: Link }) {
  switch (stateOf(link, useNow())) {
    case 'flagged':
      return <Badge tone="bad">Flagged</Badge>;
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

/** What visitors meet; and that the operator is to look at it, which they do not notice. */
export function LinkStateBadge({ link }: { link: Link }) {
  return (
    <span className="link-badges">
      <StateBadge link={link} />
      {link.flag === 'suspected' && <Badge tone="doubt">Suspected</Badge>}
    </span>
  );
}
