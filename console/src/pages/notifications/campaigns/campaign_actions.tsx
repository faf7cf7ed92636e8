import { useState } from 'react';
import { actOnCampaign, type Campaign, type CampaignAct } from '../../../api/campaigns';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { notificationKeys } from '../notification_keys';
import { UploadAudience } from './upload_audience';

const kDone: Record<CampaignAct, string> = {
  start: 'It is started.',
  pause: 'Nobody new is begun with; what is under way ends.',
  resume: 'It goes on where it was.',
  cancel: 'It is ended: who waits is skipped.',
  'retry-failed': 'Those who failed for certain are tried again.',
};

/** What fits its state, the likeliest first. */
function actsOf({ state, counts }: Campaign): readonly { act: CampaignAct; word: string }[] {
  switch (state) {
    case 'draft':
      return [{ act: 'start', word: 'Start' }];
    case 'scheduled':
    case 'planning':
    case 'running':
      return [{ act: 'pause', word: 'Pause' }];
    case 'paused':
    case 'stopped':
      return [{ act: 'resume', word: 'Resume' }];
    case 'finished':
      return counts.failed > counts.unknown ? [{ act: 'retry-failed', word: 'Retry failed' }] : [];
    case 'cancelling':
    case 'cancelled':
      return [];
  }
}

export function CampaignActions({ campaign }: { campaign: Campaign }) {
  const { tenant } = useTenant();
  const [asking, setAsking] = useState<'upload' | 'cancel' | null>(null);
  const { id, state, audience, counts } = campaign;
  const acting = useAction<CampaignAct>({
    run: (act) => actOnCampaign(tenant, id, act),
    done: (act) => kDone[act],
    changes: [notificationKeys.campaigns(tenant)],
  });
  const hasEnded = ['finished', 'cancelling', 'cancelled'].includes(state);
  return (
    <>
      {state === 'draft' && audience.upload && (
        <Button onPress={() => setAsking('upload')}>Upload audience…</Button>
      )}
      {actsOf(campaign).map(({ act, word }) => (
        <Button
          key={act}
          look={act === 'start' || act === 'resume' ? 'primary' : 'quiet'}
          onPress={() => acting.mutate(act)}
          isPending={acting.isPending}
        >
          {word}
        </Button>
      ))}
      {!hasEnded && <Button onPress={() => setAsking('cancel')}>Cancel it…</Button>}
      <UploadAudience campaign={id} isOpen={asking === 'upload'} onClose={() => setAsking(null)} />
      <Confirm
        title="Cancel this campaign?"
        isOpen={asking === 'cancel'}
        onClose={() => setAsking(null)}
        action="Cancel campaign"
        keep="Leave it"
        run={() => acting.mutateAsync('cancel')}
      >
        {counts.waiting === 0
          ? 'It cannot be started again.'
          : 'Who still waits is skipped; what was sent stays sent. It cannot be started again.'}
      </Confirm>
    </>
  );
}
