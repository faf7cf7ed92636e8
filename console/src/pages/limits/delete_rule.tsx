import { useQuery } from '@tanstack/react-query';
import { getRules, type RuleSet } from '../../api/limits';
import type { Answer } from '../../api/http';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { Modal, ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { toast } from '../../ui/toast';
import { DryRunResult } from './dry_run_result';
import { limitKeys } from './limits_queries';
import { sentence } from './rule_words';
import { StaleNotice } from './stale_notice';
import { useCandidate } from './use_candidate';

interface QuestionProps {
  answer: Answer<RuleSet>;
  name: string;
  onReload: () => void;
  onClose: () => void;
  onDeleted: () => void;
}

function Question({ answer, name, onReload, onClose, onDeleted }: QuestionProps) {
  const rule = answer.data.rules.find((each) => each.name === name);
  const rest = answer.data.rules.filter((each) => each.name !== name);
  const { trying, saving, stale, error } = useCandidate({
    etag: answer.etag,
    onSaved: ({ version }) => {
      toast('good', `${name} is deleted, as version ${version}.`);
      onDeleted();
    },
  });
  return (
    <>
      {rule && <p className="modal-text">{sentence(rule)}</p>}
      <p className="modal-text">
        From the next request on nobody is held to it. Rolling back to an earlier version brings it
        back, with its counts if they still run.
      </p>
      {stale ? <StaleNotice onReload={onReload} /> : <ErrorNotice error={error} />}
      {trying.data && <DryRunResult run={trying.data} />}
      <ModalActions>
        <Button onPress={onClose}>Keep it</Button>
        <Button onPress={() => trying.mutate(rest)} isPending={trying.isPending}>
          Dry run
        </Button>
        <Button look="danger" onPress={() => saving.mutate(rest)} isPending={saving.isPending}>
          Delete rule
        </Button>
      </ModalActions>
    </>
  );
}

type FreshProps = Omit<QuestionProps, 'answer' | 'onReload'>;

function FreshQuestion(props: FreshProps) {
  const { tenant } = useTenant();
  const rules = useQuery({
    queryKey: [...limitKeys.rules(tenant), 'delete'],
    queryFn: ({ signal }) => getRules(tenant, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (rules.isError) return <ErrorNotice error={rules.error} />;
  if (!rules.data) return <Skeleton rows={2} label="Loading the rule" />;
  return (
    <Question
      key={rules.data.etag}
      answer={rules.data}
      onReload={() => void rules.refetch()}
      {...props}
    />
  );
}

export function DeleteRule({ isOpen, ...props }: FreshProps & { isOpen: boolean }) {
  return (
    <Modal
      title={`Delete ${props.name}?`}
      role="alertdialog"
      isOpen={isOpen}
      onClose={props.onClose}
    >
      {isOpen && <FreshQuestion {...props} />}
    </Modal>
  );
}
