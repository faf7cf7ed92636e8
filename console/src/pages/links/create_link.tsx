import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf } from '../../api/problem';
import { createLink, type Link, type NewLink } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { fromLocalInput } from '../../lib/time';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy_button';
import { ErrorNotice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { TextField } from '../../ui/text_field';
import { linkReasons, statusOptions, toStatus, withScheme } from './link_form_fields';
import { useDomains } from './use_domains';
import './create_link.css';

const kEmpty = { url: '', code: '', status: '302', expiry: '', domain: '' };
type Draft = typeof kEmpty;

function toNewLink(draft: Draft): NewLink {
  const expiresAt = fromLocalInput(draft.expiry);
  return {
    url: withScheme(draft.url),
    status: toStatus(draft.status),
    ...(draft.code.trim() === '' ? {} : { code: draft.code.trim() }),
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    ...(draft.domain === '' ? {} : { domain: draft.domain }),
  };
}

function DomainField({ value, onChange }: { value: string; onChange: (host: string) => void }) {
  const domains = useDomains();
  if (domains.length === 0) return null;
  return (
    <SelectField
      label="Domain"
      value={value}
      options={[
        { value: '', label: window.location.host },
        ...domains.map((host) => ({ value: host, label: host })),
      ]}
      onChange={onChange}
    />
  );
}

function Created({ link }: { link: Link }) {
  const copy = useRef<HTMLButtonElement>(null);
  // The next thing that one does with a new link is to copy it: Enter, Enter.
  useEffect(() => copy.current?.focus(), [link.code]);
  return (
    <div className="created">
      <span className="offscreen" role="status">
        Created {link.short_url}
      </span>
      <a className="created-url mono" href={link.short_url} target="_blank" rel="noreferrer">
        {link.short_url}
      </a>
      <CopyButton ref={copy} look="primary" text={link.short_url} label="Copy short link" />
      <a className="created-watch" href={hrefs.link(link.code, { domain: link.domain ?? null })}>
        Watch its clicks
      </a>
    </div>
  );
}

export function CreateLink() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(kEmpty);
  const [showOptions, setShowOptions] = useState(false);

  const creating = useMutation({
    mutationFn: () => createLink(tenant, toNewLink(draft)),
    onSuccess: async () => {
      setDraft(({ status, domain }) => ({ ...kEmpty, status, domain }));
      await client.invalidateQueries({ queryKey: linkKeys.lists(tenant) });
    },
    onError: (error) => {
      // A message at a field that is folded away would be seen by nobody.
      const errors = fieldErrorsOf(error, linkReasons);
      if (Object.keys(errors).some((field) => field !== 'url')) setShowOptions(true);
    },
  });
  const errors = fieldErrorsOf(creating.error, linkReasons);
  const set = (change: Partial<Draft>) => {
    if (creating.isError) creating.reset(); // What it said is about values that are no more.
    setDraft((old) => ({ ...old, ...change }));
  };

  return (
    <div className="create-link">
      <Form
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          creating.mutate();
        }}
      >
        <div className="create-link-line">
          <TextField
            label="Long address"
            name="url"
            type="text"
            inputMode="url"
            autoComplete="off"
            placeholder="https://example.com/a/long/address"
            isRequired
            large
            mono
            value={draft.url}
            onChange={(url) => set({ url })}
          />
          <Button look="primary" type="submit" isPending={creating.isPending}>
            Shorten
          </Button>
        </div>
        <Button
          look="bare"
          small
          preventFocusOnPress
          onPress={() => setShowOptions(!showOptions)}
          aria-expanded={showOptions}
        >
          {showOptions ? '− Fewer options' : '+ Own code, redirect, expiry'}
        </Button>
        {showOptions && (
          <div className="create-link-options">
            <TextField
              label="Code"
              name="code"
              mono
              placeholder="chosen for you"
              hint="3 to 64 letters, digits, - or _"
              autoComplete="off"
              value={draft.code}
              onChange={(code) => set({ code })}
            />
            <SelectField
              label="Redirect"
              value={draft.status}
              options={statusOptions}
              error={errors['status']}
              onChange={(status) => set({ status })}
            />
            <DomainField value={draft.domain} onChange={(domain) => set({ domain })} />
            <TextField
              label="Expires"
              name="expires_at"
              type="datetime-local"
              hint="Your local time. Empty: never"
              value={draft.expiry}
              onChange={(expiry) => set({ expiry })}
            />
          </div>
        )}
      </Form>
      <ErrorNotice error={creating.error} shownAtFields={errors} />
      {creating.data && <Created link={creating.data} />}
    </div>
  );
}
