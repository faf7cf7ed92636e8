import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { appeal, getLinkReview, type LinkReview } from '../../../api/link_reviews';
import type { LinkName } from '../../../api/links';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal } from '../../../ui/modal';
import { Notice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { SmallForm } from '../../../ui/small_form';
import { TextAreaField } from '../../../ui/text_area_field';
import { toast } from '../../../ui/toast';
import { reviewKeys } from './review_keys';
import { reasonWords } from './review_words';

function Words({ review }: { review: LinkReview }) {
  const reasons = review.reasons.map(reasonWords).join(', ');
  return (
    <>
      <p>
        <strong>
          {review.flag === 'flagged'
            ? 'Flagged: visitors get a warning instead of the target.'
            : 'Suspected: the operator is to look at it; visitors are led on as before.'}
        </strong>
      </p>
      {reasons !== '' && <p>Noticed: {reasons}.</p>}
      {review.note !== null && <p>The operator says: {review.note}</p>}
      {review.appeal !== null && <p>Your appeal: {review.appeal}</p>}
    </>
  );
}

interface AppealFormProps {
  name: LinkName;
  onClose: () => void;
}

function AppealForm({ name, onClose }: AppealFormProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <SmallForm<{ text: string }>
      opened={{ text: '' }}
      action="Appeal"
      send={({ text }) => appeal(tenant, name, text.trim())}
      onDone={() => {
        toast('good', 'The operator will read it.');
        void client.invalidateQueries({ queryKey: reviewKeys.ofLink(tenant, name) });
        // Whoever appeals may be the operator too.
        void client.invalidateQueries({ queryKey: reviewKeys.all });
      }}
      onClose={onClose}
    >
      {({ text }, set) => (
        <TextAreaField
          label="Why it is harmless"
          name="text"
          isRequired
          rows={4}
          maxLength={1000}
          value={text}
          onChange={(next) => set({ text: next })}
        />
      )}
    </SmallForm>
  );
}

const kAppealPauseMs = 24 * 3_600_000;

/** Whether an appeal waits for the operator, or is not a day old: lists open a review too. */
function isAppealed(
  { status, appealed_at, decided_at }: Pick<LinkReview, 'status' | 'appealed_at' | 'decided_at'>,
  now: number,
): boolean {
  if (appealed_at === null) return false;
  const waits = decided_at === null || Date.parse(decided_at) < Date.parse(appealed_at);
  return (status === 'open' && waits) || now - Date.parse(appealed_at) < kAppealPauseMs;
}

/** On the page of a link of which something is said; else nothing. */
export function FlagNotice({ name }: { name: LinkName }) {
  const { tenant } = useTenant();
  const [open, setOpen] = useState(false);
  const review = useQuery({
    queryKey: reviewKeys.ofLink(tenant, name),
    queryFn: ({ signal }) => getLinkReview(tenant, name, signal),
    staleTime: 30_000,
  }).data;
  if (!review || review.flag === 'none' || review.flag === 'cleared') return null;
  const mayAppeal = review.flag === 'flagged' && !isAppealed(review, Date.now());
  return (
    <Course>
      <Notice tone={review.flag === 'flagged' ? 'bad' : 'plain'}>
        <Words review={review} />
        {mayAppeal && <Button onPress={() => setOpen(true)}>Appeal</Button>}
      </Notice>
      <Modal title={`Appeal for ${name.code}`} isOpen={open} onClose={() => setOpen(false)}>
        {open && <AppealForm name={name} onClose={() => setOpen(false)} />}
      </Modal>
    </Course>
  );
}
