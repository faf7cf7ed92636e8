import { updateWebhook, type Webhook } from '../../api/webhooks';
import { useTenant } from '../../lib/tenant';
import { useAction } from '../../lib/use_action';
import { Switch } from '../../ui/switch';
import { webhookKeys } from './webhook_keys';

export function EnableWebhook({ webhook, showLabel }: { webhook: Webhook; showLabel?: boolean }) {
  const { tenant } = useTenant();
  const switching = useAction<boolean>({
    run: (enabled) => updateWebhook(tenant, webhook.id, { enabled }),
    done: (enabled) => (enabled ? 'Events are sent again.' : 'Nothing more is sent.'),
    changes: [webhookKeys.list(tenant), webhookKeys.one(tenant, webhook.id)],
  });
  // Moves at once; where the server refuses it moves back.
  const shown = switching.isPending ? switching.variables : webhook.enabled;
  return (
    <Switch
      isSelected={shown}
      onChange={(enabled) => switching.mutate(enabled)}
      {...(showLabel ? {} : { 'aria-label': `Enabled: ${webhook.url}` })}
    >
      {showLabel && <span>Enabled</span>}
    </Switch>
  );
}
