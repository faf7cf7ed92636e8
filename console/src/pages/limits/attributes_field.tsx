import { Button } from '../../ui/button';
import '../../ui/field.css';

type Attributes = readonly [name: string, value: string][];

interface AttributesFieldProps {
  value: Attributes;
  onChange: (value: Attributes) => void;
}

const kExamples: Record<string, string> = {
  user: 'alice',
  endpoint: 'POST /orders',
  address: '203.0.113.7',
  api_key: 'k1',
  plan: 'free',
  region: 'eu',
};

/** What a request says of itself; a row without a value is not said. */
export function AttributesField({ value, onChange }: AttributesFieldProps) {
  const set = (at: number, change: readonly [string, string]) =>
    onChange(value.map((each, i) => (i === at ? [change[0], change[1]] : each)));
  return (
    <div className="field" role="group" aria-label="Attributes">
      <span className="field-label">Attributes</span>
      <div className="tester-attributes">
        {value.map(([name, text], i) => (
          <div key={i} className="tester-attribute">
            <input
              className="input input-mono"
              aria-label={`Name of attribute ${i + 1}`}
              placeholder="attribute"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              value={name}
              onChange={(event) => set(i, [event.target.value, text])}
            />
            <input
              className="input input-mono"
              aria-label={name === '' ? `Value of attribute ${i + 1}` : `Value of ${name}`}
              placeholder={kExamples[name] ?? 'value'}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              value={text}
              onChange={(event) => set(i, [name, event.target.value])}
            />
            <Button
              look="bare"
              aria-label={`Remove ${name === '' ? `attribute ${i + 1}` : name}`}
              onPress={() => onChange(value.filter((_, at) => at !== i))}
            >
              ✕
            </Button>
          </div>
        ))}
        <Button small onPress={() => onChange([...value, ['', '']])}>
          + Attribute
        </Button>
      </div>
    </div>
  );
}
