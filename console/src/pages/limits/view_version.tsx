import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Answer } from '../../api/http';
import { dryRun, getRules, getVersion, rollBack, type RuleSet } from '../../api/limits';
import { hasStatus } from '../../api/problem';
import { useTenant } from '../../lib/tenant';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { toast } from '../../ui/toast';
import { DryRunResult } from './dry_run_result';
import { limitKeys } from './limits_queries';
import { diffOf, rulesText, sentence } from './rule_words';
import { StaleNotice } from './stale_notice';
import { useRefreshRules } from './use_candidate';

function Rules({ then, now }: { then: RuleSet; now: RuleSet }) {
  const diff = diffOf(now.rules, then.rules);
  return (
    // What scrolls must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ul className="version-rules-list" tabIndex={0} aria-label={`Rules of version ${then.version}`}>
      {then.rules.map((rule) => (
        <li key={rule.name} className="version-rule">
          <span className="mono">{rule.name}</span>
          {diff.added.includes(rule.name) && <Badge tone="off">not there now</Badge>}
          {diff.changed.includes(rule.name) && <Badge tone="off">other than now</Badge>}
          <br />
          {sentence(rule)}
        </li>
      ))}
      {diff.removed.map((name) => (
        <li key={name} className="version-rule">
          <span className="mono">{name}</span> <Badge tone="bad">only there now</Badge>
        </li>
      ))}
    </ul>
  );
}

interface VersionBodyProps {
  then: RuleSet;
  now: Answer<RuleSet>;
  onReload: () => void;
  onClose: () => void;
}

function VersionBody({ then, now, onReload, onClose }: VersionBodyProps) {
  const { tenant } = useTenant();
  const refresh = useRefreshRules();
  const [asJson, setAsJson] = useState(false);
  const trying = useMutation({ mutationFn: () => dryRun(tenant, { rules: then.rules }) });
  const rolling = useMutation({
    mutationFn: () => rollBack(tenant, then.version, now.etag),
    onSuccess: async ({ version }) => {
      await refresh();
      toast('good', `Back to the rules of version ${then.version}, as version ${version}.`);
      onClose();
    },
  });
  const holds = then.version === now.data.version;
  const diff = diffOf(now.data.rules, then.rules);
  const same = diff.added.length + diff.changed.length + diff.removed.length === 0;
  return (
    <>
      <p className="modal-text">{then.summary}</p>
      {asJson ? (
        <CodeBlock code={rulesText(then.rules)} label={`Rules of version ${then.version}`} />
      ) : (
        <Rules then={then} now={now.data} />
      )}
      {holds && <Notice tone="good">These rules hold.</Notice>}
      {!holds && same && <Notice>The rules of now are the same.</Notice>}
      {hasStatus(rolling.error, 412) ? (
        <StaleNotice onReload={onReload} />
      ) : (
        <ErrorNotice error={rolling.error ?? trying.error} />
      )}
      {trying.data && <DryRunResult run={trying.data} />}
      <ModalActions>
        <Button onPress={() => setAsJson(!asJson)}>{asJson ? 'As sentences' : 'As JSON'}</Button>
        {!holds && !same && (
          <>
            <Button onPress={() => trying.mutate()} isPending={trying.isPending}>
              Dry run
            </Button>
            <Button look="primary" onPress={() => rolling.mutate()} isPending={rolling.isPending}>
              Roll back to {then.version}
            </Button>
          </>
        )}
        {(holds || same) && <Button onPress={onClose}>Close</Button>}
      </ModalActions>
    </>
  );
}

function FreshVersion({ version, onClose }: { version: number; onClose: () => void }) {
  const { tenant } = useTenant();
  const then = useQuery({
    queryKey: limitKeys.version(tenant, version),
    queryFn: ({ signal }) => getVersion(tenant, version, signal),
    staleTime: Infinity, // A version never changes.
  });
  const now = useQuery({
    queryKey: [...limitKeys.rules(tenant), 'version'],
    queryFn: ({ signal }) => getRules(tenant, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const error = then.error ?? now.error;
  if (error) return <ErrorNotice error={error} />;
  if (!then.data || !now.data) return <Skeleton rows={4} label="Loading the version" />;
  return (
    <VersionBody
      key={now.data.etag}
      then={then.data}
      now={now.data}
      onReload={() => void now.refetch()}
      onClose={onClose}
    />
  );
}

export function ViewVersion({ version, onClose }: { version: number | null; onClose: () => void }) {
  return (
    <Modal title={`Version ${version ?? ''}`} isOpen={version !== null} onClose={onClose} wide>
      {version !== null && <FreshVersion version={version} onClose={onClose} />}
    </Modal>
  );
}
