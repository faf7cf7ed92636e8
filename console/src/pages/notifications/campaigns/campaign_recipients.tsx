import {
  kRecipientStates,
  listCampaignRecipients,
  type CampaignRecipient,
} from '../../../api/campaigns';
import { useTenant } from '../../../lib/tenant';
import { Badge } from '../../../ui/badge';
import { ChoiceFilter } from '../../../ui/choice_filter';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, kRefreshMs, notificationKeys } from '../notification_keys';
import { capital, reasonWords } from '../notification_words';
import { places } from '../places';
import '../tables.css';

const kBad = new Set(['failed', 'unknown', 'bounced']);
const kOff = new Set(['waiting', 'skipped']);

function RecipientBadge({ state }: { state: CampaignRecipient['state'] }) {
  const tone = kBad.has(state) ? 'bad' : kOff.has(state) ? 'off' : 'good';
  return <Badge tone={tone}>{capital(state)}</Badge>;
}

function RecipientRow({ recipient }: { recipient: CampaignRecipient }) {
  const { user_id: user, email, phone, variant, reason, repeated, next_at: next } = recipient;
  return (
    <Row>
      <RowHead className="notified-head">
        {user === null ? (
          <span className="cut">{email ?? phone}</span>
        ) : (
          <a className="cut" href={places.recipient(user)}>
            {user}
          </a>
        )}
      </RowHead>
      <Cell className="notified-foot">{variant ?? '–'}</Cell>
      <Cell className="notified-more">
        {reason === null ? '' : reasonWords(reason)}
        {repeated && <span className="table-small">sent again: the answer was lost</span>}
        {next !== null && (
          <span className="table-small">
            not before <Timestamp at={next} />
          </span>
        )}
      </Cell>
      <Cell className="notified-side">
        <RecipientBadge state={recipient.state} />
      </Cell>
    </Row>
  );
}

interface CampaignRecipientsProps {
  campaign: string;
  query: string;
  isMoving: boolean;
}

export function CampaignRecipients({ campaign, query, isMoving }: CampaignRecipientsProps) {
  const { tenant } = useTenant();
  const wanted = new URLSearchParams(query).get('state');
  const state = kRecipientStates.find((each) => each === wanted) ?? null;
  const recipients = usePaged(
    notificationKeys.campaignRecipients(tenant, campaign, state),
    (cursor, signal) => listCampaignRecipients(tenant, campaign, state, cursor, kPageSize, signal),
    { keepsOld: true, ...(isMoving ? { refreshMs: kRefreshMs } : {}) },
  );
  return (
    <Course
      title="Recipients"
      tools={
        <ChoiceFilter
          label="State"
          all="All"
          choices={kRecipientStates.map((value) => ({ value, label: capital(value) }))}
          value={state}
          page={places.campaign(campaign)}
          name="state"
        />
      }
    >
      <Paged
        list={recipients}
        what="recipients"
        skeleton={6}
        empty={
          <EmptyState title={state === null ? 'Nobody yet' : `Nobody is ${state}`}>
            <p>Its audience is written down when it is started.</p>
          </EmptyState>
        }
      >
        <Table
          label="Recipients"
          className="notified told-table"
          cards
          columns={
            <>
              <Column>Who</Column>
              <Column>Variant</Column>
              <Column>Why</Column>
              <Column>State</Column>
            </>
          }
        >
          {recipients.rows.map((recipient) => (
            <RecipientRow
              key={recipient.user_id ?? recipient.email ?? recipient.phone}
              recipient={recipient}
            />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
