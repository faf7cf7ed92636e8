import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { closeDispute, getDispute, type Dispute } from '../../api/payments';
import { hasStatus } from '../../api/problem';
import { formatMoney } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { useRequestKey } from '../../lib/use_request_key';
import { Button } from '../../ui/button';
import { Confirm } from '../../ui/confirm';
import { EmptyState } from '../../ui/empty_state';
import { Fact, Facts } from '../../ui/facts';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import { Timestamp } from '../../ui/timestamp';
import { DisputeDeadline } from './dispute_deadline';
import { EvidenceForm } from './evidence_form';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { DisputeBadge, reasonWords } from './payment_words';

function GiveIn({ dispute }: { dispute: Dispute }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const keyFor = useRequestKey();
  const [asking, setAsking] = useState(false);
  const close = async () => {
    await closeDispute(tenant, dispute.id, keyFor('close'));
    await client.invalidateQueries({ queryKey: paymentKeys.dispute(tenant, dispute.id) });
    await client.invalidateQueries({ queryKey: paymentKeys.disputes(tenant) });
  };
  return (
    <>
      <Button onPress={() => setAsking(true)}>Accept the loss</Button>
      <Confirm
        title="Accept the loss?"
        isOpen={asking}
        onClose={() => setAsking(false)}
        action="Accept the loss"
        run={close}
        done="The dispute is closed."
      >
        The customer keeps {formatMoney(dispute.amount, dispute.currency)}, and no evidence is heard
        any more. This cannot be undone.
      </Confirm>
    </>
  );
}

function DisputeFacts({ dispute }: { dispute: Dispute }) {
  return (
    <Facts>
      <Fact name="State">
        <DisputeBadge state={dispute.state} />
      </Fact>
      <Fact name="Reason">{reasonWords(dispute.reason)}</Fact>
      <Fact name="Fee" numeric>
        {formatMoney(dispute.fee, dispute.currency)}
      </Fact>
      <Fact name="Answer due">
        <DisputeDeadline dispute={dispute} />
      </Fact>
      <Fact name="Opened">
        <Timestamp at={dispute.created_at} />
      </Fact>
      <Fact name="Payment" className="facts-long">
        <a className="mono" href={hrefs.payment(dispute.payment)}>
          {dispute.payment}
        </a>
      </Fact>
    </Facts>
  );
}

function Given({ dispute }: { dispute: Dispute }) {
  const given = Object.entries(dispute.evidence);
  return (
    <Course title="Evidence">
      {given.length === 0 ? (
        <p>None was given.</p>
      ) : (
        <Facts>
          {given.map(([name, value]) => (
            <Fact key={name} name={reasonWords(name)} className="facts-long">
              {value}
            </Fact>
          ))}
        </Facts>
      )}
    </Course>
  );
}

export function DisputePage({ id }: { id: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: paymentKeys.dispute(tenant, id),
    queryFn: ({ signal }) => getDispute(tenant, id, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const dispute = answer.data;
  const open = dispute?.state === 'needs_response';
  const missing = hasStatus(answer.error, 404);
  return (
    <Page
      title={dispute ? `Dispute over ${formatMoney(dispute.amount, dispute.currency)}` : 'Dispute'}
      lead={<span className="mono">{id}</span>}
      crumb={
        <>
          <a href={hrefs.payments}>Payments</a> / <a href={hrefs.disputes}>Disputes</a>
        </>
      }
      actions={dispute && open && <GiveIn dispute={dispute} />}
    >
      <Course>
        {dispute && <DisputeFacts dispute={dispute} />}
        {missing && (
          <EmptyState title="No such dispute">
            <p>
              This tenant has no dispute of this number. See{' '}
              <a href={hrefs.disputes}>all disputes</a>.
            </p>
          </EmptyState>
        )}
        {answer.isError && !missing && <ErrorNotice error={answer.error} />}
        {answer.isPending && <Skeleton rows={4} label="Loading the dispute" />}
      </Course>
      {dispute && !open && <Given dispute={dispute} />}
      {dispute && open && (
        <Course title="Your evidence">
          <EvidenceForm dispute={dispute} />
        </Course>
      )}
    </Page>
  );
}
