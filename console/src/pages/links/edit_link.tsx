import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import type { Answer } from '../../api/http';
import { getLink, updateLink, type Link, type LinkChange } from '../../api/links';
import { fieldErrorsOf, hasStatus } from '../../api/problem';
import { linkKeys, putLink } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput, toLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice, Notice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { Skeleton } from '../../ui/skeleton';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { statusOptions, toStatus, withScheme } from './link_form_fields';

interface Draft {
  url: string;
  status: string;
  expiry: string;
  enabled: boolean;
}

function draftOf(link: Link): Draft {
  const expiry = toLocalInput(link.expires_at);
  return { url: link.url, status: String(link.status), expiry, enabled: link.enabled };
}

/** Only what was changed: an untouched expiry keeps its seconds, which the input cannot show. */
function changesOf(link: Link, draft: Draft): LinkChange {
  const before = draftOf(link);
  const url = withScheme(draft.url);
  return {
    ...(url === link.url ? {} : { url }),
    ...(draft.status === before.status ? {} : { status: toStatus(draft.status) }),
    ...(draft.expiry === before.expiry ? {} : { expires_at: fromLocalInput(draft.expiry) }),
    ...(draft.enabled === before.enabled ? {} : { enabled: draft.enabled }),
  };
}

interface EditFormProps {
  answer: Answer<Link>;
  onReload: () => void;
  onClose: () => void;
}

function EditForm({ answer, onReload, onClose }: EditFormProps) {
  // Fixed when the dialog opens: the etag must be that of the values which the person saw.
  const [{ data: link, etag }] = useState(answer);
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(link));
  const changes = changesOf(link, draft);
  const saving = useMutation({
    mutationFn: () => updateLink(tenant, link.code, changes, etag),
    onSuccess: (saved) => {
      putLink(client, tenant, saved);
      toast('good', `${link.code} saved. The next click sees it.`);
      onClose();
    },
  });
  const stale = hasStatus(saving.error, 412);
  const errors = fieldErrorsOf(saving.error);
  const set = (change: Partial<Draft>) => {
    // What it said is about values that are no more; but a change by someone else stays true.
    if (saving.isError && !stale) saving.reset();
    setDraft((old) => ({ ...old, ...change }));
  };

  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(changes).length === 0) onClose();
        else saving.mutate();
      }}
    >
      {stale ? (
        <Notice tone="bad">
          <p>Someone changed this link after you opened it. Nothing was saved.</p>
          <Button onPress={onReload}>Load what it is now</Button>
        </Notice>
      ) : (
        <ErrorNotice error={saving.error} shownAtFields={errors} />
      )}
      <TextField
        label="Target"
        name="url"
        inputMode="url"
        mono
        isRequired
        value={draft.url}
        onChange={(url) => set({ url })}
      />
      <SelectField
        label="Redirect"
        value={draft.status}
        options={statusOptions}
        error={errors['status']}
        onChange={(status) => set({ status })}
      />
      <TextField
        label="Expires"
        name="expires_at"
        type="datetime-local"
        hint="Your local time. Empty: never. An expired link answers 410 Gone."
        value={draft.expiry}
        onChange={(expiry) => set({ expiry })}
      />
      <Switch isSelected={draft.enabled} onChange={(enabled) => set({ enabled })}>
        <span>{draft.enabled ? 'Enabled: it redirects' : 'Disabled: it answers 410 Gone'}</span>
      </Switch>
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </Form>
  );
}

function FreshForm({ code, onClose }: { code: string; onClose: () => void }) {
  const { tenant } = useTenant();
  // Always asked anew: the list may be minutes old and has no etag.
  const link = useQuery({
    queryKey: [...linkKeys.link(tenant, code), 'edit'],
    queryFn: ({ signal }) => getLink(tenant, code, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (link.isError) return <ErrorNotice error={link.error} />;
  if (!link.data || (link.isFetching && !link.isFetchedAfterMount)) {
    return <Skeleton rows={5} label="Loading the link" />;
  }
  return (
    <EditForm
      key={link.data.etag}
      answer={link.data}
      onReload={() => void link.refetch()}
      onClose={onClose}
    />
  );
}

export function EditLink({ code, onClose }: { code: string | null; onClose: () => void }) {
  return (
    <Modal title={`Edit ${code ?? ''}`} isOpen={code !== null} onClose={onClose}>
      {code !== null && <FreshForm code={code} onClose={onClose} />}
    </Modal>
  );
}
