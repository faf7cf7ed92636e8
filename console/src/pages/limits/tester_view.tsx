import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { check, type Check, type CheckAnswer, type Rule } from '../../api/limits';
import { useTenant } from '../../lib/tenant';
import { Button } from '../../ui/button';
import { CodeBlock } from '../../ui/code_block';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { TextField } from '../../ui/text_field';
import { AttributesField } from './attributes_field';
import { limitKeys, useRules } from './limits_queries';
import { TesterAnswer } from './tester_answer';
import './tester_view.css';

const kModes = [
  { value: 'peek', label: 'Peek' },
  { value: 'check', label: 'Check' },
] as const;
type Mode = (typeof kModes)[number]['value'];

const kHistory = 30;

export interface Attempt {
  id: number;
  peek: boolean;
  allowed: boolean;
}

/** Attributes that the rules look at, those of most rules first. */
function attributesOf(rules: readonly Rule[]): string[] {
  const uses = new Map<string, number>();
  for (const rule of rules) {
    for (const name of new Set([...rule.key, ...Object.keys(rule.where)])) {
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  const names = [...uses].sort(([, a], [, b]) => b - a).map(([name]) => name);
  return names.length === 0 ? ['user', 'endpoint'] : names.slice(0, 6);
}

function command(asked: Check): string {
  const body = JSON.stringify(asked).replaceAll("'", "'\\''");
  return `curl ${window.location.origin}/v1/limits/check \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'`;
}

function Tester({ rules }: { rules: readonly Rule[] }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [attributes, setAttributes] = useState<readonly [string, string][]>(() =>
    attributesOf(rules).map((name) => [name, '']),
  );
  const [cost, setCost] = useState('');
  const [mode, setMode] = useState<Mode>('peek');
  const [attempts, setAttempts] = useState<readonly Attempt[]>([]);

  const given = attributes.filter(([name, value]) => name.trim() !== '' && value !== '');
  const asked: Check = {
    attributes: Object.fromEntries(given.map(([name, value]) => [name.trim(), value])),
    ...(cost.trim() === '' ? {} : { cost: Number(cost) }),
    ...(mode === 'peek' ? { peek: true } : {}),
  };
  const asking = useMutation({
    mutationFn: (question: Check) => check(tenant, question),
    onSuccess: ({ allowed }: CheckAnswer, { peek = false }) => {
      setAttempts((old) =>
        [...old, { id: (old.at(-1)?.id ?? 0) + 1, peek, allowed }].slice(-kHistory),
      );
      void client.invalidateQueries({ queryKey: limitKeys.usage(tenant) });
    },
  });

  return (
    <>
      <Course title="Ask as a service would">
        <Form
          className="tester"
          onSubmit={(event) => {
            event.preventDefault();
            asking.mutate(asked);
          }}
        >
          <AttributesField value={attributes} onChange={setAttributes} />
          <div className="tester-line">
            <TextField
              label="Cost"
              mono
              inputMode="numeric"
              pattern="[0-9]*"
              autoComplete="off"
              placeholder="each rule’s own"
              value={cost}
              onChange={setCost}
            />
            <Segmented label="How" value={mode} options={kModes} onChange={setMode} />
            <Button look="primary" type="submit" isPending={asking.isPending}>
              Ask
            </Button>
          </div>
          <p className="tester-hint">
            {mode === 'peek'
              ? 'A peek takes nothing: it says what a request would be answered now.'
              : 'A check counts: it takes from the same counts as your services’ requests.'}
          </p>
        </Form>
      </Course>
      <Course title="Answer">
        <div className="tester-place">
          {asking.isError && <ErrorNotice error={asking.error} />}
          {asking.data ? (
            <TesterAnswer
              answer={asking.data}
              asked={asking.variables}
              rules={rules}
              attempts={attempts}
            />
          ) : (
            !asking.isError && (
              <p className="tester-hint">
                Which rules apply, how much each has left, and when to come back.
              </p>
            )
          )}
        </div>
      </Course>
      <Course title="The same from a service">
        <CodeBlock code={command(asked)} label="Command with the same question" />
      </Course>
    </>
  );
}

export function TesterView() {
  const rules = useRules();
  if (rules.data) return <Tester rules={rules.data.data.rules} />;
  return (
    <Course title="Ask as a service would">
      {rules.isError ? (
        <ErrorNotice error={rules.error} />
      ) : (
        <Skeleton rows={5} label="Loading rules" />
      )}
    </Course>
  );
}
