import { useState } from 'react';
import { kMostRules } from '../../../api/link_rules';
import { Button } from '../../../ui/button';
import { moved, newRule, ruleOf, type RuleDraft } from './rule_draft';
import { RuleFields } from './rule_fields';
import { conditionsOf } from './rule_words';

interface RuleListProps {
  rules: readonly RuleDraft[];
  errors: Record<string, string>;
  onChange: (rules: readonly RuleDraft[]) => void;
}

interface RuleItemProps {
  draft: RuleDraft;
  at: number;
  count: number;
  errors: Record<string, string>;
  isOpen: boolean;
  onOpen: () => void;
  onMove: (to: number) => void;
  onRemove: () => void;
  onSet: (change: Partial<RuleDraft>) => void;
}

function RuleItem({ draft, at, count, errors, isOpen, onOpen, onMove, ...on }: RuleItemProps) {
  const rule = ruleOf(draft);
  const conditions = conditionsOf(rule);
  const title = `rule ${at + 1}`;
  const path = `rules/${at}`;
  const word = isOpen ? 'Fold' : 'Change';
  const isWrong = Object.keys(errors).some((at_) => at_ === path || at_.startsWith(`${path}/`));
  return (
    <li className="rule-item" data-wrong={isWrong || undefined}>
      <div className="rule-item-head">
        <div className="rule-item-words">
          <p>
            {conditions.length === 0 ? (
              <em>No condition yet</em>
            ) : (
              <strong>{conditions.join(', ')}</strong>
            )}
          </p>
          <p className="rule-item-target mono" title={rule.url}>
            → {rule.url || '…'}
          </p>
        </div>
        <div className="table-actions">
          <Button
            small
            look="bare"
            aria-label={`Move ${title} up`}
            isDisabled={at === 0}
            onPress={() => onMove(at - 1)}
          >
            ↑
          </Button>
          <Button
            small
            look="bare"
            aria-label={`Move ${title} down`}
            isDisabled={at === count - 1}
            onPress={() => onMove(at + 1)}
          >
            ↓
          </Button>
          <Button small aria-expanded={isOpen} aria-label={`${word} ${title}`} onPress={onOpen}>
            {word}
          </Button>
          <Button small look="bare" aria-label={`Remove ${title}`} onPress={on.onRemove}>
            ✕
          </Button>
        </div>
      </div>
      {/* What is wrong in it must be seen. */}
      {(isOpen || isWrong) && (
        <RuleFields draft={draft} path={path} errors={errors} set={on.onSet} />
      )}
    </li>
  );
}

/** The order counts: the first that holds decides. */
export function RuleList({ rules, errors, onChange }: RuleListProps) {
  const [open, setOpen] = useState<number | null>(null);
  const add = () => {
    const rule = newRule();
    setOpen(rule.id);
    onChange([...rules, rule]);
  };
  return (
    <>
      {rules.length === 0 && (
        <p className="rules-hint">None: every visit leads to a variant, or to the target.</p>
      )}
      <ol className="rule-items">
        {rules.map((draft, at) => (
          <RuleItem
            key={draft.id}
            draft={draft}
            at={at}
            count={rules.length}
            errors={errors}
            isOpen={open === draft.id}
            onOpen={() => setOpen(open === draft.id ? null : draft.id)}
            onMove={(to) => onChange(moved(rules, at, to))}
            onRemove={() => onChange(rules.filter(({ id }) => id !== draft.id))}
            onSet={(change) =>
              onChange(rules.map((each) => (each.id === draft.id ? { ...each, ...change } : each)))
            }
          />
        ))}
      </ol>
      {rules.length < kMostRules && <Button onPress={add}>+ Rule</Button>}
    </>
  );
}
