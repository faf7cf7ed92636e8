import { useState } from 'react';
import { Form } from 'react-aria-components';
import type { Answer } from '../../api/http';
import { kAlgorithms, kFailures, kKeepings, type RuleSet } from '../../api/limits';
import { fieldErrorsOf } from '../../api/problem';
import { Button } from '../../ui/button';
import { ModalActions } from '../../ui/modal';
import { ErrorNotice } from '../../ui/notice';
import { SelectField } from '../../ui/select_field';
import { Switch } from '../../ui/switch';
import { TextField } from '../../ui/text_field';
import { toast } from '../../ui/toast';
import { DryRunResult } from './dry_run_result';
import { errorInForm, perOptions, readable, ruleOf, withRule, type RuleDraft } from './rule_draft';
import { hasBurst, kAlgorithmWords, kFailureWords, kKeepingWords, sentence } from './rule_words';
import { StaleNotice } from './stale_notice';
import { useCandidate } from './use_candidate';
import { WhereField } from './where_field';
import './rule_form.css';

interface RuleFormProps {
  answer: Answer<RuleSet>;
  /** The rule's name when it was opened; null: a new one. */
  opened: string | null;
  draft: RuleDraft;
  /** With a draft: which then stands on top of what the rules are now. */
  onReload: (mine: RuleDraft | null) => void;
  onClose: () => void;
  onSaved: ((name: string) => void) | undefined;
}

interface FieldsProps {
  draft: RuleDraft;
  errors: Record<string, string>;
  set: (change: Partial<RuleDraft>) => void;
}

function chosen<T extends string>(all: readonly T[], value: string): T {
  return all.find((each) => each === value) ?? (all[0] as T);
}

function WhoFields({ draft, errors, set }: FieldsProps) {
  return (
    <>
      <div className="rule-form-two">
        <TextField
          label="Name"
          name="name"
          mono
          isRequired
          autoComplete="off"
          placeholder="per-user"
          value={draft.name}
          onChange={(name) => set({ name })}
        />
        <TextField
          label="Counts by"
          name="key"
          mono
          autoComplete="off"
          placeholder="all together"
          hint="Attributes: user, or user, endpoint. Empty: one count for all."
          value={draft.key}
          onChange={(key) => set({ key })}
        />
      </div>
      <WhereField
        value={draft.where}
        error={errors['where']}
        onChange={(where) => set({ where })}
      />
    </>
  );
}

function AmountFields({ draft, errors, set }: FieldsProps) {
  const numbers = { mono: true, inputMode: 'numeric', autoComplete: 'off' } as const;
  return (
    <>
      <div className="rule-form-amount">
        <TextField
          label="Limit"
          name="limit"
          {...numbers}
          isRequired
          placeholder="100"
          value={draft.limit}
          onChange={(limit) => set({ limit })}
        />
        <SelectField
          label="Per"
          value={draft.per}
          options={perOptions}
          error={errors['per']}
          onChange={(per) => set({ per })}
        />
        {draft.per === 'ms' && (
          <TextField
            label="Milliseconds"
            name="period_ms"
            {...numbers}
            isRequired
            value={draft.periodMs}
            onChange={(periodMs) => set({ periodMs })}
          />
        )}
        {hasBurst(draft.algorithm) && (
          <TextField
            label="Burst"
            name="burst"
            {...numbers}
            placeholder={draft.limit || 'the limit'}
            value={draft.burst}
            onChange={(burst) => set({ burst })}
          />
        )}
        <TextField
          label="Cost"
          name="cost"
          {...numbers}
          value={draft.cost}
          onChange={(cost) => set({ cost })}
        />
      </div>
      <p className="rule-form-hint">
        {hasBurst(draft.algorithm) && 'Burst: units at once. '}
        Cost: units of a request that names none.
      </p>
    </>
  );
}

function HowFields({ draft, errors, set }: FieldsProps) {
  return (
    <>
      <SelectField
        label="Algorithm"
        value={draft.algorithm}
        options={kAlgorithms.map((value) => ({ value, label: kAlgorithmWords[value].name }))}
        hint={kAlgorithmWords[draft.algorithm].about}
        error={errors['algorithm']}
        onChange={(value) => set({ algorithm: chosen(kAlgorithms, value) })}
      />
      <div className="rule-form-two">
        <SelectField
          label="Counting"
          value={draft.keeping}
          options={kKeepings.map((value) => ({ value, label: kKeepingWords[value] }))}
          error={errors['keeping']}
          onChange={(value) => set({ keeping: chosen(kKeepings, value) })}
        />
        <SelectField
          label="If the count cannot be asked"
          value={draft.onFailure}
          options={kFailures.map((value) => ({ value, label: kFailureWords[value] }))}
          error={errors['on_failure']}
          onChange={(value) => set({ onFailure: chosen(kFailures, value) })}
        />
      </div>
      <TextField
        label="Description"
        name="description"
        autoComplete="off"
        placeholder="for people"
        value={draft.description}
        onChange={(description) => set({ description })}
      />
      <Switch isSelected={draft.shadow} onChange={(shadow) => set({ shadow })}>
        <span>Shadow: it only watches, and refuses nothing</span>
      </Switch>
    </>
  );
}

export function RuleForm({
  answer,
  opened,
  draft: first,
  onReload,
  onClose,
  onSaved,
}: RuleFormProps) {
  // Fixed when the form opens: the etag must be that of the rules which the person saw.
  const [{ data, etag }] = useState(answer);
  const [draft, setDraft] = useState(first);
  const { rules, index } = withRule(data.rules, opened, ruleOf(draft));
  const candidate = useCandidate({
    etag,
    onSaved: ({ version }) => {
      toast('good', `${draft.name.trim()} saved, as version ${version}.`);
      onClose();
      onSaved?.(draft.name.trim());
    },
  });
  const { trying, saving, stale } = candidate;
  const error = errorInForm(candidate.error, index);
  const errors = fieldErrorsOf(error);
  const set = (change: Partial<RuleDraft>) => {
    candidate.edited();
    setDraft((old) => ({ ...old, ...change }));
  };
  const said = readable(draft);
  const fields = { draft, errors, set };

  return (
    <Form
      className="rule-form"
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(rules);
      }}
    >
      <p className="rule-form-sentence">
        {said ? sentence(said) : 'Say how much is allowed, and in which time.'}
      </p>
      <WhoFields {...fields} />
      <AmountFields {...fields} />
      <HowFields {...fields} />
      {stale ? (
        <StaleNotice onReload={() => onReload(null)}>
          <Button onPress={() => onReload(draft)}>Put my change on top of them</Button>
        </StaleNotice>
      ) : (
        <ErrorNotice error={error} shownAtFields={errors} />
      )}
      {trying.data && <DryRunResult run={trying.data} />}
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button onPress={() => trying.mutate(rules)} isPending={trying.isPending}>
          Dry run
        </Button>
        <Button look="primary" type="submit" isPending={saving.isPending}>
          Save
        </Button>
      </ModalActions>
    </Form>
  );
}
