// Which tenant the console works in. Pages inside the frame always have one.
import { createContext, useContext } from 'react';

const kStorageKey = 'ashlar.tenant';

export interface CurrentTenant {
  tenant: string;
  switchTo: (name: string) => void;
}

export const TenantContext = createContext<CurrentTenant | null>(null);

export function useTenant(): CurrentTenant {
  const current = useContext(TenantContext);
  if (current === null) throw new Error('useTenant outside of the frame');
  return current;
}

export const rememberedTenant = () => localStorage.getItem(kStorageKey);
export const rememberTenant = (name: string) => localStorage.setItem(kStorageKey, name);
