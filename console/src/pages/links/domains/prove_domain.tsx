import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { decideClaim, listClaims, verifyDomain, type LinkDomain } from '../../../api/link_domains';
import { linkKeys } from '../../../lib/links_cache';
import { useAction } from '../../../lib/use_action';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { CopyButton } from '../../../ui/copy_button';
import { Fact, Facts } from '../../../ui/facts';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { Timestamp } from '../../../ui/timestamp';
import { toast } from '../../../ui/toast';
import { useTenantNames } from '../../../lib/tenants_query';
import { kCheckWords } from './domain_state';

/** Who else names the host: whoever signs in here is the operator, and may decide. */
function Claims({ domain, onDone }: { domain: LinkDomain; onDone: () => void }) {
  const { tenant } = useTenant();
  const nameOf = useTenantNames();
  const claims = useQuery({
    queryKey: ['link-domain-claims', domain.host],
    queryFn: ({ signal }) => listClaims(domain.host, signal),
  });
  const giving = useAction<string>({
    run: (id) => decideClaim(id, 'approve'),
    done: () => `${domain.host} is this tenant’s now.`,
    changes: [linkKeys.domains(tenant), ['link-domain-claims', domain.host]],
  });
  const holder = claims.data?.find(({ state }) => state === 'active');
  const own = claims.data?.find((claim) => nameOf(claim.tenant) === tenant);
  if (own === undefined) return null;
  return (
    <section className="domain-claims" aria-label="As the operator">
      <p>
        {holder === undefined
          ? 'Nobody has this host. '
          : `The tenant ${nameOf(holder.tenant)} has this host; its links there are kept, and lead nowhere once it is given away. `}
        As the operator you can give it to this tenant without a record.
      </p>
      <Button
        onPress={() => giving.mutate(own.id, { onSuccess: onDone })}
        isPending={giving.isPending}
      >
        Approve without a record
      </Button>
    </section>
  );
}

function Content({ domain, onClose }: { domain: LinkDomain; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const checking = useMutation({
    mutationFn: () => verifyDomain(tenant, domain.host),
    onSuccess: async ({ state }) => {
      await client.invalidateQueries({ queryKey: linkKeys.domains(tenant) });
      if (state !== 'active') return;
      toast('good', `${domain.host} is yours.`);
      onClose();
    },
  });
  const { challenge, check_error: found, checked_at: at } = checking.data ?? domain;
  if (challenge === null) return null;
  return (
    <>
      <p className="modal-text">
        Put this record into the DNS of {domain.host}. It is looked for every few minutes, and when
        you ask for it; once it was found it may go.
      </p>
      <Facts>
        <Fact name="Type">{challenge.type}</Fact>
        <Fact name="Name" className="facts-long">
          <span className="mono domain-record">{challenge.name}</span>{' '}
          <CopyButton text={challenge.name} label="Copy the name" />
        </Fact>
        <Fact name="Value" className="facts-long">
          <span className="mono domain-record">{challenge.value}</span>{' '}
          <CopyButton text={challenge.value} label="Copy the value" />
        </Fact>
      </Facts>
      {found !== null && (
        <Notice>
          {kCheckWords[found]} {at !== null && <Timestamp at={at} />}
        </Notice>
      )}
      <ErrorNotice error={checking.error} />
      <Claims domain={domain} onDone={onClose} />
      <ModalActions>
        <Button onPress={onClose}>Later</Button>
        <Button look="primary" onPress={() => checking.mutate()} isPending={checking.isPending}>
          Check now
        </Button>
      </ModalActions>
    </>
  );
}

/** How one shows that a host is one's own. */
export function ProveDomain({
  domain,
  onClose,
}: {
  domain: LinkDomain | null;
  onClose: () => void;
}) {
  const title = `Verify ${domain?.host ?? ''}`;
  return (
    <Modal title={title} isOpen={domain !== null} onClose={onClose} wide>
      {domain && <Content domain={domain} onClose={onClose} />}
    </Modal>
  );
}
