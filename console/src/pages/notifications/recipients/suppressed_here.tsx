import { useQuery } from '@tanstack/react-query';
import {
  liftSuppression,
  listSuppressions,
  type Recipient,
  type Suppression,
} from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { Notice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { Timestamp } from '../../../ui/timestamp';
import { notificationKeys } from '../notification_keys';
import { kChannelWords, reasonWords } from '../notification_words';

function OfOne({ suppression }: { suppression: Suppression }) {
  const { tenant } = useTenant();
  const { channel, address, category, reason, created_at: at } = suppression;
  const lifting = useAction({
    run: () => liftSuppression(tenant, suppression),
    done: () => `${address} may get messages again.`,
    changes: [notificationKeys.suppressions(tenant)],
  });
  return (
    <Notice tone="bad">
      <p>
        {kChannelWords[channel]}: nothing {category !== null && `of “${category}” `}goes to{' '}
        <strong>{address}</strong> ({reasonWords(reason)}, <Timestamp at={at} />
        ).
      </p>
      <Button small onPress={() => lifting.mutate()} isPending={lifting.isPending}>
        Lift it
      </Button>
    </Notice>
  );
}

/** What bars the recipient's own addresses. */
export function SuppressedHere({ recipient: { email, phone } }: { recipient: Recipient }) {
  const { tenant } = useTenant();
  const suppressed = useQuery({
    queryKey: notificationKeys.suppressionsOf(tenant, { email, phone }),
    queryFn: async ({ signal }) => {
      const asked = [
        { channel: 'email', address: email },
        { channel: 'sms', address: phone },
      ].filter(({ address }) => address !== null);
      const pages = await Promise.all(
        asked.map((filter) => listSuppressions(tenant, filter, null, 10, signal)),
      );
      return pages.flatMap((page) => page.data);
    },
  });
  const rows = suppressed.data ?? [];
  if (rows.length === 0) return null;
  return (
    <Course>
      {rows.map((suppression) => (
        <OfOne
          key={`${suppression.channel} ${suppression.address} ${suppression.category ?? ''}`}
          suppression={suppression}
        />
      ))}
    </Course>
  );
}
