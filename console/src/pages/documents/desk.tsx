import { useTenant } from '../../lib/tenant';
import { Skeleton } from '../../ui/skeleton';
import { useConnection } from './connection';
import { DocumentEditor } from './editor';
import { useMyName } from './my_name';

/** One open document: its socket, and the editor on it. */
interface DeskProps {
  name: string;
  /** Its socket is in, or was not let in. */
  onOpen: () => void;
}

export function Desk({ name, onOpen }: DeskProps) {
  const { tenant } = useTenant();
  const connection = useConnection(tenant, name, useMyName());
  if (connection === null) return <Skeleton rows={6} label="Opening the document" />;
  return <DocumentEditor name={name} connection={connection} onOpen={onOpen} />;
}
