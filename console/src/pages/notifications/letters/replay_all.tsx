import { useQueryClient } from '@tanstack/react-query';
import { replayLetters, type LetterFilter } from '../../../api/notifications';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Confirm } from '../../../ui/confirm';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { channelOf, kChannelWords, reasonWords } from '../notification_words';

interface ReplayAllProps {
  filter: LetterFilter;
  isOpen: boolean;
  onClose: () => void;
}

function filterWords({ channel, reason, provider_id: provider }: LetterFilter): string {
  const known = channelOf(channel);
  const parts = [
    known === null ? null : `by ${kChannelWords[known]}`,
    reason === null ? null : `for “${reasonWords(reason)}”`,
    provider === null ? null : `at provider ${provider}`,
  ].filter((part) => part !== null);
  return parts.length === 0
    ? 'All dead letters of this tenant'
    : `All that failed ${parts.join(', ')}`;
}

export function ReplayAll({ filter, isOpen, onClose }: ReplayAllProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const run = async () => {
    const count = await replayLetters(tenant, filter);
    await client.invalidateQueries({ queryKey: notificationKeys.letters(tenant) });
    toast('good', `${formatCount(count)} on their way again.`);
  };
  return (
    <Confirm
      title="Replay all that fit?"
      isOpen={isOpen}
      onClose={onClose}
      action="Replay them"
      keep="Leave them"
      run={run}
    >
      {filterWords(filter)} are sent again, not only those that are shown. Where the cause is not
      mended they fail again.
    </Confirm>
  );
}
