import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, lazy, useCallback, useState } from 'react';
import { deleteDocument, getDocument } from '../../api/documents';
import { hasStatus } from '../../api/problem';
import { formatBytes, formatCount } from '../../lib/numbers';
import { go, hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { EmptyState } from '../../ui/empty_state';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { documentKeys } from './document_keys';
import { History } from './history';
import { Sessions } from './sessions';
import { Share } from './share';

const kRefreshMs = 5_000;
const Authors = lazy(async () => ({ default: (await import('./authors')).Authors }));
const Desk = lazy(async () => ({ default: (await import('./desk')).Desk }));

export function DocumentPage({ name }: { name: string }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [asking, setAsking] = useState<'authors' | 'share' | 'delete' | null>(null);
  const answer = useQuery({
    queryKey: documentKeys.one(tenant, name),
    queryFn: ({ signal }) => getDocument(tenant, name, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const one = answer.data;
  const missing = hasStatus(answer.error, 404);
  const close = () => setAsking(null);
  const [opened, setOpened] = useState<{ name: string; ms: number } | null>(null);
  const onOpen = useCallback(() => {
    setOpened({ name, ms: Date.now() });
    void client.invalidateQueries({ queryKey: documentKeys.sessions(tenant, name) });
  }, [client, tenant, name]);
  return (
    <Page
      title={name}
      crumb={<a href={hrefs.documents}>Documents</a>}
      lead={one && `${formatCount(one.updates)} changes, ${formatBytes(one.bytes)}`}
      actions={
        one && (
          <>
            <Button onPress={() => setAsking('authors')}>Who wrote what</Button>
            <Button onPress={() => setAsking('share')}>Let somebody in…</Button>
            <Button onPress={() => setAsking('delete')}>Delete</Button>
          </>
        )
      }
    >
      {one === undefined ? (
        <Course>
          {missing && (
            <EmptyState title="No such document">
              <p>
                This tenant has none of this name. See <a href={hrefs.documents}>all documents</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the document" />}
        </Course>
      ) : (
        <>
          <Course>
            <Suspense fallback={<Skeleton rows={6} label="Opening the document" />}>
              <Desk name={name} onOpen={onOpen} />
            </Suspense>
          </Course>
          <Sessions name={name} openedMs={opened?.name === name ? opened.ms : null} />
          <History name={name} />
          <Modal title="Who wrote what" isOpen={asking === 'authors'} onClose={close} wide>
            <Suspense fallback={<Skeleton rows={4} label="Loading the text" />}>
              <Authors name={name} />
            </Suspense>
            <ModalActions>
              <Button onPress={close}>Close</Button>
            </ModalActions>
          </Modal>
          <Share name={name} isOpen={asking === 'share'} onClose={close} />
          <Confirm
            title="Delete this document?"
            isOpen={asking === 'delete'}
            onClose={close}
            action="Delete document"
            run={() => deleteDocument(tenant, name)}
            done="It is deleted."
            onDone={() => go(hrefs.documents)}
          >
            <strong>{name}</strong> goes with its history, for everybody who has it open. This
            cannot be undone.
          </Confirm>
        </>
      )}
    </Page>
  );
}
