import { useMutation, useQueryClient } from '@tanstack/react-query';
import { signOut, type Session } from '../api/session';
import type { Tenant } from '../api/tenants';
import { kSessionKey } from '../lib/query_client';
import { hrefs } from '../lib/router';
import { Button } from '../ui/button';
import { toast } from '../ui/toast';
import { Mark } from './mark';
import { TenantMenu } from './tenant_menu';
import { ThemeMenu } from './theme_menu';

export function Header({ tenants }: { tenants: Tenant[] }) {
  const client = useQueryClient();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      // What one person saw must not stay in memory for the next one at this browser.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== kSessionKey[0] });
      client.setQueryData<Session>(kSessionKey, (old) => old && { ...old, authenticated: false });
    },
    onError: (error) => toast('bad', `Still signed in: ${error.message}`),
  });

  return (
    <header className="header">
      <a className="header-name" href={hrefs.links}>
        <Mark />
        <span>Ashlar</span>
      </a>
      <div className="header-bar">
        <TenantMenu tenants={tenants} />
        <div className="header-tools">
          <ThemeMenu />
          <Button look="bare" small onPress={() => leave.mutate()} isPending={leave.isPending}>
            Sign out
          </Button>
        </div>
      </div>
    </header>
  );
}
