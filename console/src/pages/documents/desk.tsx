import { useTenant } from '../../lib/tenant';
import { Skeleton } from '../../ui/skeleton';
import { useConnection } from './connection';
import { DocumentEditor } from './editor';
import { useMyName } from './my_name';

/** One open document: its socket, and the editor on it. */
export function Desk({ name }: { name: string }) {
  const { tenant } = useTenant();
  const connection = useConnection(tenant, name, useMyName());
  if (connection === null) return <Skeleton rows={6} label="Opening the document" />;
  return <DocumentEditor connection={connection} />;
}
