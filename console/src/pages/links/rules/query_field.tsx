import { useId } from 'react';
import { Button } from '../../../ui/button';
import { newQuery, type QueryDraft } from './rule_draft';
import '../../../ui/field.css';

const kMost = 10;

interface QueryFieldProps {
  value: readonly QueryDraft[];
  error: string | undefined;
  onChange: (value: readonly QueryDraft[]) => void;
}

/** Parameters that a visit's query has to have. */
export function QueryField({ value, error, onChange }: QueryFieldProps) {
  const id = useId();
  const set = (at: number, change: Partial<QueryDraft>) =>
    onChange(value.map((each, i) => (i === at ? { ...each, ...change } : each)));
  const input = { className: 'input input-mono', autoComplete: 'off', spellCheck: false } as const;
  return (
    <div className="field" role="group" aria-labelledby={id}>
      <span id={id} className="field-label">
        Query parameters
      </span>
      {value.map(({ id: row, name, value: text }, i) => (
        <div key={row} className="query-row">
          <input
            {...input}
            aria-label={`Name of parameter ${i + 1}`}
            placeholder="ref"
            value={name}
            onChange={(event) => set(i, { name: event.target.value })}
          />
          <input
            {...input}
            aria-label={`Value of parameter ${i + 1}`}
            placeholder="whichever"
            value={text}
            onChange={(event) => set(i, { value: event.target.value })}
          />
          <Button
            look="bare"
            aria-label={`Remove parameter ${i + 1}`}
            onPress={() => onChange(value.filter((_, at) => at !== i))}
          >
            ✕
          </Button>
        </div>
      ))}
      {value.length < kMost && (
        <span>
          <Button small onPress={() => onChange([...value, newQuery()])}>
            + Parameter
          </Button>
        </span>
      )}
      {error !== undefined && <span className="field-error">{error}</span>}
    </div>
  );
}
