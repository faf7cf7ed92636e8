import { useId } from 'react';
import './field.css';
import './color_field.css';

interface ColorFieldProps {
  label: string;
  /** "#1d4ed8". */
  value: string;
  isDisabled?: boolean;
  onChange: (value: string) => void;
}

/** The browser's own choice of a colour, and beside it what was chosen. */
export function ColorField({ label, value, isDisabled = false, onChange }: ColorFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <span className="color-field">
        <input
          id={id}
          type="color"
          value={value}
          disabled={isDisabled}
          onChange={(event) => onChange(event.target.value)}
        />
        <code aria-hidden="true">{isDisabled ? 'none' : value}</code>
      </span>
    </div>
  );
}
