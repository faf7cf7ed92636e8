// Which file an import was begun with, so that it can be gone on with after the page was closed:
// parts of two files make no file. Kept by this browser alone.

export interface BegunFile {
  name: string;
  size: number;
  lastModified: number;
}

const keyOf = (tenant: string, id: string) => `ashlar.import.${tenant}.${id}`;

export function rememberFile(tenant: string, id: string, file: File): void {
  const { name, size, lastModified } = file;
  localStorage.setItem(keyOf(tenant, id), JSON.stringify({ name, size, lastModified }));
}

export function forgetFile(tenant: string, id: string): void {
  localStorage.removeItem(keyOf(tenant, id));
}

/** null: it was begun elsewhere. */
export function begunFile(tenant: string, id: string): BegunFile | null {
  const text = localStorage.getItem(keyOf(tenant, id));
  // Nobody else writes under this key.
  return text === null ? null : (JSON.parse(text) as BegunFile);
}

export function isSameFile(file: File, begun: BegunFile): boolean {
  return (
    file.name === begun.name && file.size === begun.size && file.lastModified === begun.lastModified
  );
}
