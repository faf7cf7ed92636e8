import { useState } from 'react';
import { Form } from 'react-aria-components';
import { listRecipients } from '../../../api/recipients';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { TextField } from '../../../ui/text_field';
import { kPageSize, notificationKeys } from '../notification_keys';
import { places } from '../places';
import { SectionPage } from '../section_page';
import '../tables.css';

function OpenInbox() {
  const [user, setUser] = useState('');
  return (
    <Form
      className="inbox-open"
      onSubmit={(event) => {
        event.preventDefault();
        if (user.trim() !== '') go(places.inbox(user.trim()));
      }}
    >
      <TextField
        label="User"
        name="user"
        hint="Your own id of the user; they need not be a recipient."
        autoComplete="off"
        value={user}
        onChange={setUser}
      />
      <Button look="primary" type="submit">
        Open
      </Button>
    </Form>
  );
}

/** Anybody's inbox; those of recipients are at hand. */
export function InboxesView() {
  const { tenant } = useTenant();
  const recipients = usePaged(
    notificationKeys.recipientsOf(tenant, 'inboxes'),
    (cursor, signal) =>
      listRecipients(tenant, { email: null, phone: null }, cursor, kPageSize, signal),
    {},
  );
  return (
    <SectionPage section="inbox">
      <Course title="Whose inbox?">
        <OpenInbox />
      </Course>
      <Course title="Recipients">
        <Paged
          list={recipients}
          what="recipients"
          skeleton={6}
          empty={
            <EmptyState title="No recipients yet">
              <p>
                Write down who they are under <a href={places.recipients()}>Recipients</a>, or open
                the inbox of a user by its id.
              </p>
            </EmptyState>
          }
        >
          <Table
            label="Inboxes"
            className="notified"
            cards
            columns={
              <>
                <Column>User</Column>
                <Column>Name</Column>
              </>
            }
          >
            {recipients.rows.map(({ user_id: user, name, email }) => (
              <Row key={user}>
                <RowHead className="notified-head">
                  <a className="cut" href={places.inbox(user)}>
                    {user}
                  </a>
                </RowHead>
                <Cell className="notified-more">{name ?? email ?? '–'}</Cell>
              </Row>
            ))}
          </Table>
        </Paged>
      </Course>
    </SectionPage>
  );
}
