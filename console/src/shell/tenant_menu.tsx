import { useContext } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import type { Tenant } from '../api/tenants';
import { go, hrefs } from '../lib/router';
import { TenantContext } from '../lib/tenant';
import { Button } from '../ui/button';
import './menu.css';

export function TenantMenu({ tenants }: { tenants: Tenant[] }) {
  const current = useContext(TenantContext);
  if (current === null) return <span className="tenant-place" />;
  return (
    <MenuTrigger>
      <Button look="bare" aria-label={`Tenant ${current.tenant}, switch tenant`}>
        <span className="tenant-label">Tenant</span>{' '}
        <strong className="tenant-name">{current.tenant}</strong>
        <span className="menu-arrow" aria-hidden="true" />
      </Button>
      <Popover className="menu-popover" placement="bottom start">
        <Menu
          className="menu"
          aria-label="Tenants"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[current.tenant]}
          onAction={(key) => {
            if (key === '/all') go(hrefs.tenants);
            else current.switchTo(String(key));
          }}
        >
          {tenants.map((tenant) => (
            <MenuItem key={tenant.name} id={tenant.name} className="menu-item">
              {tenant.name}
            </MenuItem>
          ))}
          <Separator className="menu-separator" />
          {/* No tenant's name can hold a slash. */}
          <MenuItem id="/all" className="menu-item">
            All tenants…
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
