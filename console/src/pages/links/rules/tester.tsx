// Who would get what: asks the server, which decides as for a visit, and counts nothing.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { previewLink } from '../../../api/link_preview';
import type { Rule, Variant } from '../../../api/link_rules';
import type { LinkName } from '../../../api/links';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { ErrorNotice } from '../../../ui/notice';
import { SelectField } from '../../../ui/select_field';
import { TextField } from '../../../ui/text_field';
import { TesterAnswer } from './tester_answer';
import {
  agentOptions,
  hasOwnAgent,
  kFirstVisitor,
  visitorOf,
  type VisitorDraft,
} from './visitor_draft';
import './tester.css';

interface FieldsProps {
  draft: VisitorDraft;
  set: (change: Partial<VisitorDraft>) => void;
}

function VisitorFields({ draft, set }: FieldsProps) {
  const typed = { autoComplete: 'off', mono: true } as const;
  return (
    <div className="settings-grid">
      <SelectField
        label="With"
        value={draft.agent}
        options={agentOptions}
        onChange={(agent) => set({ agent })}
      />
      {hasOwnAgent(draft) && (
        <TextField
          label="User-Agent"
          {...typed}
          value={draft.ownAgent}
          onChange={(ownAgent) => set({ ownAgent })}
        />
      )}
      <TextField
        label="Accept-Language"
        {...typed}
        placeholder="none told"
        value={draft.language}
        onChange={(language) => set({ language })}
      />
      <TextField
        label="In country"
        {...typed}
        maxLength={2}
        placeholder="not known"
        value={draft.country}
        onChange={(country) => set({ country })}
      />
      <TextField
        label="With the query"
        {...typed}
        placeholder="ref=mail"
        value={draft.query}
        onChange={(query) => set({ query })}
      />
      <TextField
        label="At"
        type="datetime-local"
        hint="Your local time. Empty: now"
        value={draft.time}
        onChange={(time) => set({ time })}
      />
      <TextField
        label="From the address"
        {...typed}
        placeholder="nobody’s"
        hint="Decides the variant"
        value={draft.ip}
        onChange={(ip) => set({ ip })}
      />
    </div>
  );
}

interface TesterProps {
  name: LinkName;
  /** As they are in the editor, saved or not. */
  rules: Rule[];
  variants: Variant[];
}

export function Tester({ name, rules, variants }: TesterProps) {
  const { tenant } = useTenant();
  const [draft, setDraft] = useState(kFirstVisitor);
  const asking = useMutation({
    mutationFn: () => previewLink(tenant, name, visitorOf(draft), rules, variants),
  });
  return (
    <Form
      className="tester-of-rules"
      onSubmit={(event) => {
        event.preventDefault();
        asking.mutate();
      }}
    >
      <VisitorFields draft={draft} set={(change) => setDraft((old) => ({ ...old, ...change }))} />
      <span>
        <Button look="primary" type="submit" isPending={asking.isPending}>
          Ask
        </Button>
      </span>
      <ErrorNotice error={asking.error} />
      {asking.data && <TesterAnswer answer={asking.data} />}
    </Form>
  );
}
