import { useId } from 'react';
import { Button } from '../../ui/button';
import { newCondition, type ConditionDraft } from './rule_draft';
import '../../ui/field.css';

interface WhereFieldProps {
  value: readonly ConditionDraft[];
  error: string | undefined;
  onChange: (value: readonly ConditionDraft[]) => void;
}

const kKnown = ['user', 'endpoint', 'address', 'api_key', 'plan', 'region'];

export function WhereField({ value, error, onChange }: WhereFieldProps) {
  const id = useId();
  const set = (at: number, change: Partial<ConditionDraft>) =>
    onChange(value.map((each, i) => (i === at ? { ...each, ...change } : each)));
  return (
    <div className="field" role="group" aria-labelledby={`${id}-label`}>
      <span id={`${id}-label`} className="field-label">
        Applies where
      </span>
      <datalist id={`${id}-known`}>
        {kKnown.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="where-rows">
        {value.map(({ id: row, attribute, texts }, i) => (
          <div key={row} className="where-row">
            <input
              className="input input-mono"
              aria-label={`Attribute of condition ${i + 1}`}
              placeholder="endpoint"
              list={`${id}-known`}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              value={attribute}
              onChange={(event) => set(i, { attribute: event.target.value })}
            />
            <textarea
              className="input input-mono"
              aria-label={`Texts of condition ${i + 1}`}
              placeholder="POST /orders*"
              rows={Math.max(1, texts.split('\n').length)}
              spellCheck={false}
              autoCapitalize="off"
              value={texts}
              onChange={(event) => set(i, { texts: event.target.value })}
            />
            <Button
              look="bare"
              aria-label={`Remove condition ${i + 1}`}
              onPress={() => onChange(value.filter((_, at) => at !== i))}
            >
              ✕
            </Button>
          </div>
        ))}
        <Button small onPress={() => onChange([...value, newCondition()])}>
          + Condition
        </Button>
      </div>
      <span className="field-hint">
        {value.length === 0
          ? 'To every request. A condition narrows it: endpoint POST /orders*'
          : 'One text a line, any of which may match; * at the end: whatever follows.'}
      </span>
      {error !== undefined && <span className="field-error">{error}</span>}
    </div>
  );
}
