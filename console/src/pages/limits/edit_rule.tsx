import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Answer } from '../../api/http';
import { getRules, type Rule, type RuleSet } from '../../api/limits';
import { useTenant } from '../../lib/tenant';
import { Modal } from '../../ui/modal';
import { ErrorNotice, Notice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { limitKeys } from './limits_queries';
import { draftOf, kNewRule, type RuleDraft } from './rule_draft';
import { RuleForm } from './rule_form';

/** What is edited: a rule of this name, or a new one, which may begin as a draft. */
export type Editing = { rule: string; change?: Partial<RuleDraft> } | { rule: null };

interface Opened {
  answer: Answer<RuleSet>;
  draft: RuleDraft;
}

function beginning(rules: readonly Rule[], editing: Editing): RuleDraft | null {
  if (editing.rule === null) return kNewRule;
  const rule = rules.find(({ name }) => name === editing.rule);
  return rule ? { ...draftOf(rule), ...editing.change } : null;
}

interface EditRuleProps {
  editing: Editing | null;
  onClose: () => void;
  /** With the name that it now has. */
  onSaved?: (name: string) => void;
}

function FreshForm({ editing, onClose, onSaved }: EditRuleProps & { editing: Editing }) {
  const { tenant } = useTenant();
  // A draft that outlives a reload: "keep my change" puts it on top of what the rules are now.
  const [kept, setKept] = useState<RuleDraft | null>(null);
  const rules = useQuery({
    queryKey: [...limitKeys.rules(tenant), 'edit'],
    queryFn: ({ signal }) => getRules(tenant, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (rules.isError) return <ErrorNotice error={rules.error} />;
  if (!rules.data || (rules.isFetching && !rules.isFetchedAfterMount)) {
    return <Skeleton rows={6} label="Loading the rules" />;
  }
  const draft = kept ?? beginning(rules.data.data.rules, editing);
  if (draft === null) {
    return <Notice tone="bad">There is no rule called {editing.rule} any more.</Notice>;
  }
  const opened: Opened = { answer: rules.data, draft };
  const reload = (mine: RuleDraft | null) => {
    setKept(mine);
    void rules.refetch();
  };
  return (
    <RuleForm
      key={rules.data.etag}
      answer={opened.answer}
      opened={editing.rule}
      draft={opened.draft}
      onReload={reload}
      onClose={onClose}
      onSaved={onSaved}
    />
  );
}

export function EditRule({ editing, onClose, onSaved }: EditRuleProps) {
  const title = typeof editing?.rule === 'string' ? `Edit ${editing.rule}` : 'New rule';
  return (
    <Modal title={title} isOpen={editing !== null} onClose={onClose} wide>
      {editing !== null && (
        <FreshForm editing={editing} onClose={onClose} {...(onSaved ? { onSaved } : {})} />
      )}
    </Modal>
  );
}
