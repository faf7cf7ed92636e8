// A document may have several types at its top, its roots; the editor is on one of them. That
// another holds something is said here, else such a document would look empty.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type * as Y from 'yjs';
import { rootAsJson } from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { documentKeys } from './document_keys';
import './roots.css';

/** Where TipTap and ProseMirror write unless they are told otherwise. */
const kEdited = 'default';
const kMostNamed = 8;

/** What all types have, also before anybody has said of which one a root is. */
interface Root {
  _length: number;
  _map: Map<string, { deleted: boolean }>;
}

function holdsSomething(root: Root): boolean {
  return root._length > 0 || [...root._map.values()].some((item) => !item.deleted);
}

function othersOf(doc: Y.Doc): string[] {
  return [...doc.share]
    .filter(([name, root]) => name !== kEdited && holdsSomething(root))
    .map(([name]) => name)
    .sort();
}

function useOthers(doc: Y.Doc): string[] {
  const [others, setOthers] = useState<string[]>([]);
  useEffect(() => {
    const tell = () =>
      setOthers((old) => {
        const found = othersOf(doc);
        return found.join('\n') === old.join('\n') ? old : found;
      });
    doc.on('update', tell);
    tell();
    return () => doc.off('update', tell);
  }, [doc]);
  return others;
}

function RootView({ name, root }: { name: string; root: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: documentKeys.root(tenant, name, root),
    queryFn: ({ signal }) => rootAsJson(tenant, name, root, signal),
    staleTime: 0,
    gcTime: 0,
  });
  if (answer.isError) return <ErrorNotice error={answer.error} />;
  if (answer.isPending) return <Skeleton rows={4} label="Loading the root" />;
  const { data } = answer;
  const text = typeof data === 'string' ? data : JSON.stringify(data, null, 2);
  return <CodeBlock code={text} label={`What ${root} holds`} />;
}

export function Roots({ name, doc }: { name: string; doc: Y.Doc }) {
  const others = useOthers(doc);
  const [shown, setShown] = useState<string | null>(null);
  return (
    <div className="roots">
      <span>
        Editing the root <code>{kEdited}</code>.
      </span>
      {others.length > 0 && (
        <>
          <strong>This document holds more, which only programs change:</strong>
          {others.slice(0, kMostNamed).map((root) => (
            <Button key={root} small aria-label={`Look at ${root}`} onPress={() => setShown(root)}>
              {root}
            </Button>
          ))}
          {others.length > kMostNamed && <span>and {others.length - kMostNamed} roots more</span>}
        </>
      )}
      <Modal
        title={`The root ${shown ?? ''}`}
        isOpen={shown !== null}
        onClose={() => setShown(null)}
        wide
      >
        {shown !== null && <RootView name={name} root={shown} />}
        <ModalActions>
          <Button onPress={() => setShown(null)}>Close</Button>
        </ModalActions>
      </Modal>
    </div>
  );
}
