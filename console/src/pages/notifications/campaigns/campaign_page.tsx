import { useQuery } from '@tanstack/react-query';
import { getCampaign, type Campaign, type CampaignVariant } from '../../../api/campaigns';
import { hasStatus } from '../../../api/problem';
import { formatCount, formatRate, formatShare } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { EmptyState } from '../../../ui/empty_state';
import { Fact, Facts } from '../../../ui/facts';
import { LiveMark } from '../../../ui/live_mark';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Course, Page } from '../../../ui/page';
import { Ranking } from '../../../ui/ranking';
import { Skeleton } from '../../../ui/skeleton';
import { Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kRefreshMs, notificationKeys } from '../notification_keys';
import { capital, channelOf, kChannelWords, reasonWords } from '../notification_words';
import { places } from '../places';
import { CampaignActions } from './campaign_actions';
import { CampaignRecipients } from './campaign_recipients';
import { CampaignBadge, audienceWords, isMoving } from './campaign_words';
import { ProgressBar } from './progress_bar';
import { useLiveCampaign } from './use_live_campaign';
import './campaigns.css';

function Progress({ campaign }: { campaign: Campaign }) {
  const { counts, state, rate_per_s: rate } = campaign;
  const later = [
    ['Delivered', counts.delivered],
    ['Opened', counts.opened],
    ['Bounced', counts.bounced],
    ['Sent again', counts.repeated],
  ] as const;
  return (
    <Course title="Progress">
      <div className="campaign-progress">
        <ProgressBar counts={counts} />
      </div>
      <Facts large>
        <Fact name="Audience" numeric testId="audience">
          {formatCount(counts.audience)}
        </Fact>
        <Fact name="Sent" numeric testId="sent">
          {formatCount(counts.sent)}
        </Fact>
        <Fact name="Skipped" numeric testId="skipped">
          {formatCount(counts.skipped)}
        </Fact>
        <Fact name="Failed" numeric bad={counts.failed > 0} testId="failed">
          {formatCount(counts.failed)}
        </Fact>
        {counts.unknown > 0 && (
          <Fact name="Of them unknown" numeric bad>
            {formatCount(counts.unknown)}
          </Fact>
        )}
        <Fact name="Waiting" numeric testId="waiting">
          {formatCount(counts.waiting)}
        </Fact>
        {state === 'running' && (
          <Fact name="A second" numeric>
            {formatRate(rate)}
          </Fact>
        )}
        {later.map(
          ([name, count]) =>
            count > 0 && (
              <Fact key={name} name={name} numeric>
                {formatCount(count)}
              </Fact>
            ),
        )}
      </Facts>
    </Course>
  );
}

function About({ campaign }: { campaign: Campaign }) {
  const { template, category, pace_per_s: pace, stop_on: stop } = campaign;
  const channel = channelOf(campaign.channel);
  const moments = [
    ['Not before', campaign.send_at],
    ['Expires', campaign.expires_at],
    ['Started', campaign.started_at],
    ['Ended', campaign.finished_at],
  ] as const;
  return (
    <Course>
      {campaign.stopped_reason !== null && (
        <Notice tone="bad">
          <p>It stopped by itself: {reasonWords(campaign.stopped_reason)}.</p>
        </Notice>
      )}
      <Facts>
        <Fact name="State">
          <CampaignBadge campaign={campaign} />
        </Fact>
        <Fact name="For" className="facts-wide">
          {capital(audienceWords(campaign))}
        </Fact>
        <Fact name="By">{channel === null ? 'What reaches them' : kChannelWords[channel]}</Fact>
        <Fact name="Says" className="facts-wide">
          {template === null ? 'Its own text' : <a href={places.template(template)}>{template}</a>}
        </Fact>
        {category !== null && <Fact name="Category">{category}</Fact>}
        {pace !== null && pace > 0 && (
          <Fact name="Pace" numeric>
            {formatRate(pace)} a second
          </Fact>
        )}
        {stop !== null && (
          <Fact name="Stops at" numeric>
            {stop.failed_percent}% failed
          </Fact>
        )}
        {moments.map(
          ([name, at]) =>
            at !== null && (
              <Fact key={name} name={name}>
                <Timestamp at={at} />
              </Fact>
            ),
        )}
      </Facts>
    </Course>
  );
}

function VariantRow({ variant: { key, template, counts } }: { variant: CampaignVariant }) {
  return (
    <Row>
      <RowHead className="notified-head">
        {key}
        {template !== null && <span className="table-small mono">{template}</span>}
      </RowHead>
      <Cell className="notified-side numeric" unit="for" end>
        {formatCount(counts.audience)}
      </Cell>
      <Cell className="notified-more numeric" label="Sent" end>
        {formatCount(counts.sent)}
      </Cell>
      <Cell className="notified-line numeric" label="Failed" end>
        {formatCount(counts.failed)}
      </Cell>
      <Cell className="notified-foot numeric" label="Opened" end>
        {counts.sent === 0 ? '–' : formatShare(counts.opened, counts.sent)}
      </Cell>
    </Row>
  );
}

function Variants({ variants }: { variants: readonly CampaignVariant[] }) {
  if (variants.length === 0) return null;
  return (
    <Course title="Variants">
      <Table
        label="Variants"
        className="notified variant-table"
        cards
        columns={
          <>
            <Column>Variant</Column>
            <Column end>For</Column>
            <Column end>Sent</Column>
            <Column end>Failed</Column>
            <Column end>Opened</Column>
          </>
        }
      >
        {variants.map((variant) => (
          <VariantRow key={variant.key} variant={variant} />
        ))}
      </Table>
    </Course>
  );
}

function Reasons({ reasons }: { reasons: Record<string, number> }) {
  const rows = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => ({ key, count, name: capital(reasonWords(key)) }));
  if (rows.length === 0) return null;
  return (
    <Course title="Why not">
      <Ranking label="Why not" rows={rows} tone="bad" />
    </Course>
  );
}

export function CampaignPage({ id, query }: { id: string; query: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: notificationKeys.campaign(tenant, id),
    queryFn: ({ signal }) => getCampaign(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const campaign = answer.data;
  const moving = campaign !== undefined && isMoving(campaign.state);
  const live = useLiveCampaign(tenant, id, moving);
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={campaign?.name ?? `Campaign ${id}`}
      crumb={<a href={places.section('campaigns')}>Campaigns</a>}
      lead={missing ? undefined : `Campaign ${id}`}
      actions={
        campaign && (
          <>
            {moving && <LiveMark state={live} />}
            <CampaignActions campaign={campaign} />
          </>
        )
      }
    >
      {campaign ? (
        <>
          <About campaign={campaign} />
          <Progress campaign={campaign} />
          <Variants variants={campaign.variants ?? []} />
          <Reasons reasons={campaign.reasons ?? {}} />
          <CampaignRecipients campaign={id} query={query} isMoving={moving} />
        </>
      ) : (
        <Course>
          {missing && (
            <EmptyState title="No such campaign">
              <p>
                This tenant has none of this number. See{' '}
                <a href={places.section('campaigns')}>all campaigns</a>.
              </p>
            </EmptyState>
          )}
          {answer.isError && !missing && <ErrorNotice error={answer.error} />}
          {answer.isPending && <Skeleton rows={6} label="Loading the campaign" />}
        </Course>
      )}
    </Page>
  );
}
