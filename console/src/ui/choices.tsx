import { useId } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import './field.css';
import './choices.css';

interface ChoicesProps<T extends string> {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: readonly T[];
  options: readonly { value: T; label: string }[];
  onChange: (value: T[]) => void;
}

/** Any number of few. */
export function Choices<T extends string>(props: ChoicesProps<T>) {
  const { label, hint, error, value, options, onChange } = props;
  const id = useId();
  return (
    <div className="field">
      <span id={id} className="field-label">
        {label}
      </span>
      <ToggleButtonGroup
        className="choices"
        aria-labelledby={id}
        selectionMode="multiple"
        selectedKeys={value}
        onSelectionChange={(keys) =>
          onChange(options.flatMap((option) => (keys.has(option.value) ? [option.value] : [])))
        }
      >
        {options.map((option) => (
          <ToggleButton key={option.value} id={option.value} className="choice">
            {option.label}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {hint !== undefined && <span className="field-hint">{hint}</span>}
      {error !== undefined && <span className="field-error">{error}</span>}
    </div>
  );
}
