import { useState } from 'react';
import { kCampaignStates, listCampaigns, type Campaign } from '../../../api/campaigns';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { ChoiceFilter } from '../../../ui/choice_filter';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, kRefreshMs, notificationKeys } from '../notification_keys';
import { channelOf, kChannelWords } from '../notification_words';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { CampaignBadge, audienceWords, kStateWords } from './campaign_words';
import { CreateCampaign } from './create_campaign';
import { ProgressBar } from './progress_bar';
import '../tables.css';
import './campaigns.css';

function CampaignRow({ campaign }: { campaign: Campaign }) {
  const { id, name, counts } = campaign;
  const channel = channelOf(campaign.channel);
  const below = [
    channel === null ? 'by what reaches them' : kChannelWords[channel],
    campaign.category,
    audienceWords(campaign),
  ].filter((part) => part !== null);
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.campaign(id)}>
          {name}
        </a>
        <span className="table-small">{below.join(' · ')}</span>
      </RowHead>
      <Cell className="notified-side">
        <CampaignBadge campaign={campaign} />
      </Cell>
      <Cell className="notified-more">
        <ProgressBar counts={counts} />
      </Cell>
      <Cell className="notified-foot numeric" label="Audience" end>
        {formatCount(counts.audience)}
      </Cell>
      <Cell className="notified-end">
        <Timestamp at={campaign.started_at ?? campaign.created_at} />
      </Cell>
    </Row>
  );
}

function NoCampaigns({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <EmptyState title={isNarrowed ? 'None is in this state' : 'No campaigns yet'}>
      <p>
        A campaign is one message for many: a topic, a segment, everybody, or a list that you
        upload. It can be paused, and afterwards each of its audience is accounted for, exactly.
      </p>
    </EmptyState>
  );
}

export function CampaignsView({ query }: { query: string }) {
  const { tenant } = useTenant();
  const [creating, setCreating] = useState(false);
  const wanted = new URLSearchParams(query).get('state');
  const state = kCampaignStates.find((each) => each === wanted) ?? null;
  const campaigns = usePaged(
    notificationKeys.campaignsOf(tenant, state),
    (cursor, signal) => listCampaigns(tenant, state, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  return (
    <SectionPage
      section="campaigns"
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          New campaign
        </Button>
      }
    >
      <Course
        title="Newest first"
        tools={
          <ChoiceFilter
            label="State"
            all="All states"
            choices={kCampaignStates.map((value) => ({ value, label: kStateWords[value] }))}
            value={state}
            page={places.section('campaigns')}
            name="state"
          />
        }
      >
        <Paged
          list={campaigns}
          what="campaigns"
          skeleton={5}
          empty={<NoCampaigns isNarrowed={state !== null} />}
        >
          <Table
            label="Campaigns"
            className="notified campaign-table"
            cards
            columns={
              <>
                <Column>Campaign</Column>
                <Column>State</Column>
                <Column>Progress</Column>
                <Column end>Audience</Column>
                <Column>When</Column>
              </>
            }
          >
            {campaigns.rows.map((campaign) => (
              <CampaignRow key={campaign.id} campaign={campaign} />
            ))}
          </Table>
        </Paged>
      </Course>
      <CreateCampaign isOpen={creating} onClose={() => setCreating(false)} />
    </SectionPage>
  );
}
