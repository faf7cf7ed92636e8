export const documentKeys = {
  list: (tenant: string) => ['documents', tenant],
  one: (tenant: string, name: string) => ['document', tenant, name],
  sessions: (tenant: string, name: string) => ['document', tenant, name, 'sessions'],
  versions: (tenant: string, name: string) => ['document', tenant, name, 'versions'],
  state: (tenant: string, name: string, id: string) => ['document', tenant, name, 'state', id],
  authors: (tenant: string, name: string) => ['document', tenant, name, 'authors'],
  root: (tenant: string, name: string, root: string) => ['document', tenant, name, 'root', root],
  keyNames: (tenant: string) => ['document-key-names', tenant],
  changes: (tenant: string, name: string, id: string) => ['document', tenant, name, 'changes', id],
};
