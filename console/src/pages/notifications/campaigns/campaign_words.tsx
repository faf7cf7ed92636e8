import type { Campaign, CampaignState } from '../../../api/campaigns';
import { formatCount } from '../../../lib/numbers';
import { Badge } from '../../../ui/badge';

export const kStateWords: Record<CampaignState, string> = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  planning: 'Planning',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  cancelling: 'Cancelling',
  finished: 'Finished',
  cancelled: 'Cancelled',
};

type CampaignProgress = Pick<Campaign, 'state' | 'counts'>;

const kTones: Partial<Record<CampaignState, 'good' | 'bad'>> = {
  planning: 'good',
  running: 'good',
  finished: 'good',
  stopped: 'bad',
};

/** Green where it went well: one that has ended and reached nobody did not. */
export function CampaignBadge({ campaign: { state, counts } }: { campaign: CampaignProgress }) {
  const reachedNobody = state === 'finished' && counts.sent === 0 && counts.failed > 0;
  return (
    <Badge tone={reachedNobody ? 'bad' : (kTones[state] ?? 'off')}>
      {reachedNobody ? 'Failed' : kStateWords[state]}
    </Badge>
  );
}

/** Whom it is for, in words. */
export function audienceWords({ audience }: Campaign): string {
  if (audience.topic !== null) return `topic ${audience.topic}`;
  if (audience.segment !== null) return `segment ${audience.segment}`;
  if (audience.everybody) return 'everybody';
  return audience.users ? 'users by their ids' : `${formatCount(audience.uploaded)} uploaded`;
}

/** It moves by itself. */
export function isMoving(state: CampaignState): boolean {
  return ['scheduled', 'planning', 'running', 'cancelling'].includes(state);
}
