import type { Link } from '../../api/links';
import { useNow } from '../../lib/use_now';
import { Badge } from '../../ui/badge';

export type LinkState = 'active' | 'disabled' | 'expired';

export function stateOf(link: Link, nowMs: number): LinkState {
  if (!link.enabled) return 'disabled';
  return link.expires_at !== null && Date.parse(link.expires_at) <= nowMs ? 'expired' : 'active';
}

export function LinkStateBadge({ link }: { link: Link }) {
  const state = stateOf(link, useNow());
  if (state === 'active') return <Badge tone="good">Active</Badge>;
  if (state === 'expired') return <Badge tone="bad">Expired</Badge>;
  return <Badge tone="off">Disabled</Badge>;
}
