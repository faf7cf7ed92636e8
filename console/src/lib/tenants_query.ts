import { useQuery } from '@tanstack/react-query';
import { listTenants } from '../api/tenants';

export const tenantsKey = ['tenants'];

const kNamed = 100;

/** What tenants are called, by their ids; beyond the first hundred the id has to do. */
export function useTenantNames(): (id: string) => string {
  const tenants = useQuery({
    queryKey: tenantsKey,
    queryFn: ({ signal }) => listTenants(null, kNamed, signal),
  });
  return (id) => tenants.data?.data.find((tenant) => tenant.id === id)?.name ?? id;
}
