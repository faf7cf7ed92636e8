import type { CheckError, DomainProof, LinkDomain } from '../../../api/link_domains';
import { Badge } from '../../../ui/badge';

const kProofWords: Record<DomainProof, string> = {
  first_come: 'Active',
  operator: 'Active, by the operator',
  dns: 'Active, by its DNS',
};

export const kCheckWords: Record<CheckError, string> = {
  txt_missing: 'There is no such record yet. New records may take a while to be seen.',
  txt_wrong: 'There are records at this name, and none has this value.',
  dns_unavailable: 'The DNS gave no answer. Try again in a while.',
  domain_held: 'The record is there, but the operator gave this host to another tenant.',
};

export function DomainState({ domain: { proof } }: { domain: LinkDomain }) {
  return (
    <span className="domain-state">
      {proof === null ? (
        <Badge tone="bad">Unverified: serves nothing</Badge>
      ) : (
        <Badge tone="good">{kProofWords[proof]}</Badge>
      )}
    </span>
  );
}
