import { useState } from 'react';
import { listRecipients, type Recipient } from '../../../api/recipients';
import { useDebounced } from '../../../lib/use_debounced';
import { useTenant } from '../../../lib/tenant';
import { CodeBlock } from '../../../ui/code_block';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { TextField } from '../../../ui/text_field';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import '../tables.css';
import './recipients.css';

const kTypingPauseMs = 300;

/** What has an "@" is a mail address, what is digits a number. */
function filterOf(text: string) {
  if (text.includes('@')) return { email: text, phone: null };
  return { email: null, phone: text === '' ? null : text };
}

function command(): string {
  return `curl -X PUT ${window.location.origin}/v1/recipients/user-17 \\
  -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \\
  -d '{"email":"ann@example.com","locale":"de-AT","time_zone":"Europe/Vienna"}'`;
}

function NoPeople({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) {
    return (
      <EmptyState title="Nobody has this address">
        <p>Give the whole address, as it is kept.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No recipients yet">
      <p>
        Tell Ashlar by which addresses your users can be reached, in which language and at which
        hours; they are known by your own ids.
      </p>
      <CodeBlock code={command()} label="Command that keeps a recipient" />
    </EmptyState>
  );
}

function PersonRow({ recipient }: { recipient: Recipient }) {
  const { user_id: user, name, email, phone, locale, time_zone: zone } = recipient;
  const addresses = [email, phone].filter((address) => address !== null);
  const place = [locale, zone].filter((part) => part !== null).join(' · ');
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.recipient(user)}>
          {user}
        </a>
        {name !== null && <span className="table-small">{name}</span>}
      </RowHead>
      <Cell className="notified-more">
        <span className="cut">{addresses.length === 0 ? 'no address' : addresses.join(', ')}</span>
      </Cell>
      <Cell className="notified-line">{place === '' ? '–' : place}</Cell>
      <Cell className="notified-foot">
        <Timestamp at={recipient.updated_at} />
      </Cell>
    </Row>
  );
}

export function PeopleView() {
  const { tenant } = useTenant();
  const [text, setText] = useState('');
  const settled = useDebounced(text.trim(), kTypingPauseMs);
  const filter = filterOf(settled);
  const people = usePaged(
    notificationKeys.recipientsOf(tenant, filter),
    (cursor, signal) => listRecipients(tenant, filter, cursor, kPageSize, signal),
    { keepsOld: true },
  );
  return (
    <Course
      title="By their ids"
      tools={
        <div className="field-inline">
          <TextField
            label="Address"
            type="search"
            placeholder="mail or phone"
            value={text}
            onChange={setText}
          />
        </div>
      }
    >
      <Paged
        list={people}
        what="recipients"
        skeleton={8}
        empty={<NoPeople isNarrowed={settled !== ''} />}
      >
        <Table
          label="Recipients"
          className="notified people-table"
          cards
          columns={
            <>
              <Column>User</Column>
              <Column>Addresses</Column>
              <Column>Language and zone</Column>
              <Column>Changed</Column>
            </>
          }
        >
          {people.rows.map((recipient) => (
            <PersonRow key={recipient.user_id} recipient={recipient} />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
