import { useState } from 'react';
import { listReviews, type QueuedReview } from '../../../api/link_reviews';
import { adjust } from '../../../lib/router';
import { useTenantNames } from '../../../lib/tenants_query';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Modal } from '../../../ui/modal';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Segmented } from '../../../ui/segmented';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { reviewKeys } from './review_keys';
import { Judge } from './judge';
import { kStatusWords, reasonWords } from './review_words';
import { readStatus, reviewsHref } from './reviews_place';
import './reviews_view.css';

const kPageSize = 25;
const kRefreshMs = 15_000;

const kStatuses = (['open', 'flagged', 'cleared', 'lapsed'] as const).map((value) => ({
  value,
  label: kStatusWords[value],
}));

interface RowProps {
  review: QueuedReview;
  tenant: string;
  onJudge: () => void;
}

function ReviewRow({ review, tenant, onJudge }: RowProps) {
  return (
    <Row>
      <RowHead className="review-link">
        <span className="cut mono">{review.code}</span>
        <span className="table-small">{tenant}</span>
      </RowHead>
      <Cell className="review-url">
        <span className="cut" title={review.url}>
          {review.url}
        </span>
        <span className="review-reasons">{review.reasons.map(reasonWords).join(' · ')}</span>
      </Cell>
      <Cell className="review-reports numeric" unit="reports" end>
        {review.reports.toLocaleString('en')}
      </Cell>
      <Cell className="review-at">
        <Timestamp at={review.decided_at ?? review.opened_at} />
        {review.appeal !== null && <span className="table-small">with an appeal</span>}
      </Cell>
      <Cell className="review-actions">
        <div className="table-actions">
          <Button small aria-label={`Look at ${review.code}`} onPress={onJudge}>
            Look
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

/** The operator's queue: links of all tenants. */
export function ReviewsView({ query }: { query: string }) {
  const status = readStatus(query);
  const nameOf = useTenantNames();
  const [judged, setJudged] = useState<QueuedReview | null>(null);
  const reviews = usePaged(
    reviewKeys.list(status),
    (cursor, signal) => listReviews(status, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs },
  );
  return (
    <Course
      title="Links of all tenants"
      tools={
        <Segmented
          label="Status"
          value={status}
          options={kStatuses}
          onChange={(next) => adjust(reviewsHref(next))}
        />
      }
    >
      <Paged
        list={reviews}
        what="reviews"
        skeleton={5}
        empty={
          <EmptyState title={status === 'open' ? 'Nothing to decide' : 'None of these'}>
            <p>
              Links come here when visitors report them, when a list of unsafe pages names them, or
              when their address looks like another’s.
            </p>
          </EmptyState>
        }
      >
        <Table
          label="Reviews"
          className="review-table"
          cards
          columns={
            <>
              <Column>Link</Column>
              <Column>Leads to, and why it is here</Column>
              <Column end>Reports</Column>
              <Column>{status === 'open' ? 'Waits since' : 'Decided'}</Column>
              <ActionsColumn />
            </>
          }
        >
          {reviews.rows.map((review) => (
            <ReviewRow
              key={review.id}
              review={review}
              tenant={nameOf(review.tenant)}
              onJudge={() => setJudged(review)}
            />
          ))}
        </Table>
      </Paged>
      <Modal
        title={`Is ${judged?.code ?? ''} harmful?`}
        isOpen={judged !== null}
        onClose={() => setJudged(null)}
        wide
      >
        {judged && (
          <Judge id={judged.id} tenant={nameOf(judged.tenant)} onClose={() => setJudged(null)} />
        )}
      </Modal>
    </Course>
  );
}
