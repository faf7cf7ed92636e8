import { useMutation, useQueryClient } from '@tanstack/react-query';
import { nameOf, updateLink, type Link } from '../../api/links';
import { changeLink, putLink } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';

/** Moves at once; where the server refuses it moves back and says why. */
export function EnableSwitch({ link, showLabel }: { link: Link; showLabel?: boolean }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const show = (enabled: boolean) =>
    changeLink(client, tenant, nameOf(link), (old) => ({ ...old, enabled }));

  const switching = useMutation({
    mutationFn: (enabled: boolean) => updateLink(tenant, nameOf(link), { enabled }),
    onMutate: show,
    onSuccess: (answer) => putLink(client, tenant, answer),
    onError: (error, enabled) => {
      show(!enabled);
      const verb = enabled ? 'enabled' : 'disabled';
      toast('bad', `${link.code} was not ${verb}: ${error.message}`);
    },
  });

  return (
    <Switch
      isSelected={link.enabled}
      isReadOnly={switching.isPending}
      onChange={(enabled) => switching.mutate(enabled)}
      aria-label={`${link.code} enabled`}
    >
      {showLabel && <span>{link.enabled ? 'Enabled' : 'Disabled'}</span>}
    </Switch>
  );
}
