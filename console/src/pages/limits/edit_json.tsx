import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Answer } from '../../api/http';
import { getRules, type RuleSet } from '../../api/limits';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy_button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { toast } from '../../ui/toast';
import { DryRunResult } from './dry_run_result';
import { limitKeys } from './limits_queries';
import { rulesText } from './rule_words';
import { StaleNotice } from './stale_notice';
import { useCandidate } from './use_candidate';
import './edit_json.css';

interface EditorProps {
  answer: Answer<RuleSet>;
  onReload: () => void;
  onClose: () => void;
}

/** The list under "rules", or why the text is none. */
function parse(text: string): { rules: readonly unknown[] } | { wrong: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return { rules: value as readonly unknown[] };
    const rules = (value as { rules?: unknown } | null)?.rules;
    if (Array.isArray(rules)) return { rules: rules as readonly unknown[] };
    return { wrong: 'It is {"rules": [ … ]}, or the list alone.' };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : 'It is no JSON.' };
  }
}

function Editor({ answer, onReload, onClose }: EditorProps) {
  // Fixed when the dialog opens: the etag must be that of the rules which the person saw.
  const [{ data, etag }] = useState(answer);
  const [text, setText] = useState(() => rulesText(data.rules));
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();
  const { trying, saving, stale, error, edited } = useCandidate({
    etag,
    onSaved: ({ version, summary }) => {
      toast('good', `Version ${version}: ${summary}.`);
      onClose();
    },
  });
  const send = (to: (rules: readonly unknown[]) => void) => {
    const parsed = parse(text);
    setWrong('wrong' in parsed ? parsed.wrong : null);
    if ('rules' in parsed) to(parsed.rules);
  };
  return (
    <>
      <div className="field">
        <label className="field-label" htmlFor={id}>
          All rules of this tenant
        </label>
        <textarea
          id={id}
          className="input input-mono json-text"
          rows={18}
          spellCheck={false}
          autoCapitalize="off"
          aria-invalid={wrong !== null}
          aria-describedby={`${id}-wrong`}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(null);
            edited();
          }}
        />
        <span id={`${id}-wrong`} className={wrong === null ? 'field-hint' : 'field-error'}>
          {wrong ??
            'A rule that keeps its name and key keeps its counts. What is left out here goes.'}
        </span>
      </div>
      {stale ? (
        <StaleNotice onReload={onReload}>
          <CopyButton text={text} label="Copy my text" />
        </StaleNotice>
      ) : (
        <ErrorNotice error={error} />
      )}
      {trying.data && <DryRunResult run={trying.data} />}
      {trying.data && <Difference diff={trying.data.diff} />}
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button onPress={() => send(trying.mutate)} isPending={trying.isPending}>
          Dry run
        </Button>
        <Button look="primary" onPress={() => send(saving.mutate)} isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </>
  );
}

function Difference({ diff }: { diff: { added: string[]; changed: string[]; removed: string[] } }) {
  const parts = (['added', 'changed', 'removed'] as const)
    .filter((kind) => diff[kind].length > 0)
    .map((kind) => `${kind} ${diff[kind].join(', ')}`);
  return (
    <Notice>
      <p>{parts.length === 0 ? 'The rules are as they were.' : `Saving: ${parts.join('; ')}.`}</p>
    </Notice>
  );
}

function FreshEditor({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const rules = useQuery({
    queryKey: [...limitKeys.rules(tenant), 'json'],
    queryFn: ({ signal }) => getRules(tenant, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (rules.isError) return <ErrorNotice error={rules.error} />;
  if (!rules.data || (rules.isFetching && !rules.isFetchedAfterMount)) {
    return <Skeleton rows={8} label="Loading the rules" />;
  }
  return (
    <Editor
      key={rules.data.etag}
      answer={rules.data}
      onReload={() => void rules.refetch()}
      onClose={onClose}
    />
  );
}

export function EditJson({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="Rules as JSON" isOpen={isOpen} onClose={onClose} wide>
      {isOpen && <FreshEditor onClose={onClose} />}
    </Modal>
  );
}
