import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { decideReview, getReview, type ReviewDetail } from '../../../api/link_reviews';
import { Button } from '../../../ui/button';
import { Fact, Facts } from '../../../ui/facts';
import { ModalActions } from '../../../ui/modal';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Skeleton } from '../../../ui/skeleton';
import { TextAreaField } from '../../../ui/text_area_field';
import { Timestamp } from '../../../ui/timestamp';
import { toast } from '../../../ui/toast';
import { reviewKeys } from './review_keys';
import { kOpenedFor, kReportWords, kStatusWords, reasonWords, targetWords } from './review_words';

const kReportsShown = 20;

// As text: an operator should not follow one by mistake.
function Targets({ targets }: { targets: ReviewDetail['targets'] }) {
  return (
    <ul className="targets" aria-label="Where it may lead">
      {targets.map(({ field, url, nested, found }, index) => (
        <li key={index}>
          <span className="mono">{url}</span> <small>{targetWords(field, nested)}</small>
          {found.length > 0 && <strong> {found.map(reasonWords).join(' · ')}</strong>}
        </li>
      ))}
    </ul>
  );
}

interface KnownProps {
  detail: ReviewDetail;
  tenant: string;
}

function WhatIsKnown({ detail: { review, targets, earlier }, tenant }: KnownProps) {
  return (
    <Facts>
      <Fact name="Short URL">{review.short_url}</Fact>
      <Fact name="Tenant">{tenant}</Fact>
      <Fact name="Status">{kStatusWords[review.status]}</Fact>
      <Fact name="Opened">
        <Timestamp at={review.opened_at} />, {kOpenedFor[review.opened_for]}
      </Fact>
      <Fact name="Leads to" className="facts-long">
        <Targets targets={targets} />
      </Fact>
      {earlier.length > 0 && (
        <Fact name="Of earlier targets" className="facts-long">
          {earlier.map(reasonWords).join(' · ')}
        </Fact>
      )}
      {review.reasons.length > 0 && (
        <Fact name="Noticed" className="facts-long">
          {review.reasons.map(reasonWords).join(' · ')}
        </Fact>
      )}
    </Facts>
  );
}

function Reports({ reports }: { reports: ReviewDetail['reports'] }) {
  if (reports.length === 0) return null;
  const more = reports.length - kReportsShown;
  return (
    <section className="reports" aria-label="Reports">
      <h3>What visitors report</h3>
      <ul>
        {reports.slice(0, kReportsShown).map(({ at, reason, comment }, index) => (
          <li key={index}>
            <strong>{kReportWords[reason] ?? reason}</strong> <Timestamp at={at} />
            {comment !== '' && <p>{comment}</p>}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="review-reasons">And {more} older ones.</p>}
    </section>
  );
}

interface DecisionProps {
  detail: ReviewDetail;
  tenant: string;
  onClose: () => void;
}

function Decision({ detail, tenant, onClose }: DecisionProps) {
  const client = useQueryClient();
  const { review, reports } = detail;
  const [note, setNote] = useState(review.note ?? '');
  const deciding = useMutation({
    mutationFn: (decision: 'flag' | 'clear') => decideReview(review.id, decision, note.trim()),
    onSuccess: (_, decision) => {
      const done =
        decision === 'flag' ? 'flagged: visitors get a warning' : 'cleared: it is followed';
      toast('good', `${review.code} ${done}.`);
      void client.invalidateQueries({ queryKey: reviewKeys.all });
      void client.invalidateQueries({ queryKey: reviewKeys.ofLinks });
      onClose();
    },
  });
  return (
    <>
      <WhatIsKnown detail={detail} tenant={tenant} />
      {review.appeal !== null && (
        <Notice>
          <p>
            <strong>Its owner says</strong>
            {review.appealed_at !== null && (
              <>
                {' '}
                <Timestamp at={review.appealed_at} />
              </>
            )}
          </p>
          <p>{review.appeal}</p>
        </Notice>
      )}
      <Reports reports={reports} />
      <TextAreaField
        label="Note"
        hint="Its owner reads it"
        rows={2}
        maxLength={1000}
        value={note}
        onChange={setNote}
      />
      <ErrorNotice error={deciding.error} />
      <ModalActions>
        <Button onPress={onClose}>Later</Button>
        <Button onPress={() => deciding.mutate('clear')} isPending={deciding.isPending}>
          Harmless: clear it
        </Button>
        <Button
          look="danger"
          onPress={() => deciding.mutate('flag')}
          isPending={deciding.isPending}
        >
          Harmful: flag it
        </Button>
      </ModalActions>
    </>
  );
}

interface JudgeProps {
  id: string;
  tenant: string;
  onClose: () => void;
}

export function Judge({ id, tenant, onClose }: JudgeProps) {
  const detail = useQuery({
    queryKey: reviewKeys.one(id),
    queryFn: ({ signal }) => getReview(id, signal),
    gcTime: 0,
  });
  if (detail.isError) return <ErrorNotice error={detail.error} />;
  if (!detail.data) return <Skeleton rows={6} label="Loading the review" />;
  return <Decision detail={detail.data} tenant={tenant} onClose={onClose} />;
}
