import { useId } from 'react';
import './field.css';

interface FileFieldProps {
  label: string;
  hint?: string;
  /** As an input's: ".csv,.json". */
  accept: string;
  isRequired?: boolean;
  /** What is wrong with a file, said by the browser when the form is sent; "": nothing. */
  problem?: (file: File) => string;
  onChange: (file: File | null) => void;
}

/** The browser's own: it knows how to be given a file by hand, by keyboard and by dropping one. */
export function FileField(props: FileFieldProps) {
  const { label, hint, accept, isRequired = false, problem, onChange } = props;
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="input"
        type="file"
        accept={accept}
        required={isRequired}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ target }) => {
          const file = target.files?.[0] ?? null;
          target.setCustomValidity(file === null ? '' : (problem?.(file) ?? ''));
          onChange(file);
        }}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} className="field-hint">
          {hint}
        </span>
      )}
    </div>
  );
}
