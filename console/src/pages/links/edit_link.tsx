import { useState } from 'react';
import { Form } from 'react-aria-components';
import { nameOf, type Link, type LinkChange, type LinkName } from '../../api/links';
import { fieldErrorsOf } from '../../api/problem';
import { fromLocalInput, toLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { SelectField } from '../../ui/select_field';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import { ChangeError } from './change_error';
import { FreshLink, type Fresh } from './fresh_link';
import { statusOptions, toStatus, withScheme } from './link_form_fields';
import { linkHref } from './link_view';
import { useLinkChange } from './use_link_change';

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

function Further({ link, onClose }: { link: Link; onClose: () => void }) {
  return (
    <p className="modal-text">
      <a href={linkHref(nameOf(link), 'settings')} onClick={onClose}>
        All settings
      </a>
      {' · '}
      <a href={linkHref(nameOf(link), 'rules')} onClick={onClose}>
        Rules and variants
      </a>
    </p>
  );
}

function EditForm({ fresh, onClose }: { fresh: Fresh; onClose: () => void }) {
  const link = fresh.answer.data;
  const [draft, setDraft] = useState(() => draftOf(link));
  const changes = changesOf(link, draft);
  const { saving, stale, edited } = useLinkChange(fresh, onClose);
  const errors = fieldErrorsOf(saving.error);
  const set = (change: Partial<Draft>) => {
    edited();
    setDraft((old) => ({ ...old, ...change }));
  };

  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(changes).length === 0) onClose();
        else saving.mutate(changes);
      }}
    >
      <ChangeError
        error={saving.error}
        stale={stale}
        shownAtFields={errors}
        onReload={fresh.onReload}
      />
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
      <Further link={link} onClose={onClose} />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </Form>
  );
}

export function EditLink({ name, onClose }: { name: LinkName | null; onClose: () => void }) {
  return (
    <Modal title={`Edit ${name?.code ?? ''}`} isOpen={name !== null} onClose={onClose}>
      {name !== null && (
        <FreshLink name={name} rows={5}>
          {(fresh) => <EditForm key={fresh.answer.etag} fresh={fresh} onClose={onClose} />}
        </FreshLink>
      )}
    </Modal>
  );
}
