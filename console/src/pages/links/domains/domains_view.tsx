import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  createDomain,
  deleteDomain,
  listDomains,
  updateDomain,
  type LinkDomain,
} from '../../../api/link_domains';
import { linkKeys } from '../../../lib/links_cache';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { Modal } from '../../../ui/modal';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { SmallForm } from '../../../ui/small_form';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { DomainState } from './domain_state';
import { ProveDomain } from './prove_domain';
import { withScheme } from '../link_form_fields';
import { narrowedHref, readNarrowing } from '../links_view';
import './domains_view.css';

const kPageSize = 25;

interface Draft {
  host: string;
  rootUrl: string;
  notFoundUrl: string;
}

const orNull = (url: string) => (url.trim() === '' ? null : withScheme(url));

function UrlFields({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const url = { inputMode: 'url', mono: true, autoComplete: 'off' } as const;
  return (
    <>
      <TextField
        label="The bare host leads to"
        name="root_url"
        {...url}
        placeholder="the console"
        value={draft.rootUrl}
        onChange={(rootUrl) => set({ rootUrl })}
      />
      <TextField
        label="A code that names no link leads to"
        name="not_found_url"
        {...url}
        placeholder="nowhere: 404"
        value={draft.notFoundUrl}
        onChange={(notFoundUrl) => set({ notFoundUrl })}
      />
    </>
  );
}

interface DomainFormProps {
  /** null: a new one. */
  domain: LinkDomain | null;
  onClose: () => void;
}

function DomainForm({ domain, onClose }: DomainFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const opened = {
    host: domain?.host ?? '',
    rootUrl: domain?.root_url ?? '',
    notFoundUrl: domain?.not_found_url ?? '',
  };
  return (
    <SmallForm<Draft>
      opened={opened}
      action={domain === null ? 'Add' : 'Save'}
      onClose={onClose}
      send={(draft) => {
        const urls = { root_url: orNull(draft.rootUrl), not_found_url: orNull(draft.notFoundUrl) };
        return domain === null
          ? createDomain(tenant, { host: draft.host.trim(), ...urls })
          : updateDomain(tenant, domain.host, urls);
      }}
      onDone={({ host }) => {
        toast('good', domain === null ? `${host} added.` : `${host} saved.`);
        void client.invalidateQueries({ queryKey: linkKeys.domains(tenant) });
      }}
    >
      {(draft, set) => (
        <>
          {domain === null && (
            <>
              <TextField
                label="Host"
                name="host"
                mono
                isRequired
                autoComplete="off"
                placeholder="go.example"
                hint="A name in ASCII, without https:// and port"
                value={draft.host}
                onChange={(host) => set({ host })}
              />
              <p className="modal-text">
                Then point its DNS here, and let the proxy before Ashlar have a certificate for it
                and pass its Host on. Where another tenant has it, you show by its DNS that it is
                yours.
              </p>
            </>
          )}
          <UrlFields draft={draft} set={set} />
        </>
      )}
    </SmallForm>
  );
}

function Url({ url, otherwise }: { url: string | null; otherwise: string }) {
  if (url === null) return <span className="domain-none">{otherwise}</span>;
  return (
    <span className="cut" title={url}>
      {url}
    </span>
  );
}

interface RowProps {
  domain: LinkDomain;
  onProve: (host: string) => void;
  onEdit: (domain: LinkDomain) => void;
  onRemove: (host: string) => void;
}

function DomainRow({ domain, onProve, onEdit, onRemove }: RowProps) {
  const { host } = domain;
  return (
    <Row>
      <RowHead className="domain-host">
        <a className="cut mono" href={narrowedHref({ ...readNarrowing(''), domain: host })}>
          {host}
        </a>
        <DomainState domain={domain} />
      </RowHead>
      <Cell className="domain-root" label="Bare host">
        <Url url={domain.root_url} otherwise="the console" />
      </Cell>
      <Cell className="domain-lost" label="Unknown codes">
        <Url url={domain.not_found_url} otherwise="404" />
      </Cell>
      <Cell className="domain-actions">
        <div className="table-actions">
          {domain.state === 'unverified' && (
            <Button small aria-label={`Verify ${host}`} onPress={() => onProve(host)}>
              Verify
            </Button>
          )}
          <Button small aria-label={`Edit ${host}`} onPress={() => onEdit(domain)}>
            Edit
          </Button>
          <Button small aria-label={`Remove ${host}`} onPress={() => onRemove(host)}>
            Remove
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

function NoDomains() {
  return (
    <EmptyState title="No domains yet">
      <p>
        Links can live on hosts of your own, each with its own codes: go.example/spring and
        links.example/spring are two links.
      </p>
    </EmptyState>
  );
}

type Editing = { domain: LinkDomain | null };

export function DomainsView() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Editing | null>(null);
  const [proving, setProving] = useState<string | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const queryKey = linkKeys.domains(tenant);
  const domains = usePaged(queryKey, (cursor, signal) =>
    listDomains(tenant, cursor, kPageSize, signal),
  );
  const title = editing?.domain ? `Edit ${editing.domain.host}` : 'Add a domain';
  return (
    <Course
      title="By host"
      tools={
        <Button look="primary" onPress={() => setEditing({ domain: null })}>
          Add domain
        </Button>
      }
    >
      <Paged list={domains} what="domains" skeleton={4} empty={<NoDomains />}>
        <Table
          label="Domains"
          className="domain-table"
          cards
          columns={
            <>
              <Column>Host</Column>
              <Column>Bare host leads to</Column>
              <Column>Unknown codes lead to</Column>
              <ActionsColumn />
            </>
          }
        >
          {domains.rows.map((domain) => (
            <DomainRow
              key={domain.host}
              domain={domain}
              onProve={setProving}
              onEdit={(one) => setEditing({ domain: one })}
              onRemove={setRemoving}
            />
          ))}
        </Table>
      </Paged>
      <Modal title={title} isOpen={editing !== null} onClose={() => setEditing(null)}>
        {editing && <DomainForm {...editing} onClose={() => setEditing(null)} />}
      </Modal>
      <ProveDomain
        domain={domains.rows.find(({ host }) => host === proving) ?? null}
        onClose={() => setProving(null)}
      />
      <Confirm
        title={`Remove ${removing ?? ''}?`}
        isOpen={removing !== null}
        action="Remove"
        run={() => deleteDomain(tenant, removing ?? '')}
        done={`${removing ?? ''} removed.`}
        onDone={() => void client.invalidateQueries({ queryKey })}
        onClose={() => setRemoving(null)}
      >
        Only a domain without links can be removed. Another tenant may have it then.
      </Confirm>
    </Course>
  );
}
