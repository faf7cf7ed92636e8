import type { ReactNode } from 'react';
import {
  FieldError,
  Label,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import './field.css';

interface TextAreaFieldProps extends Omit<
  AriaTextFieldProps,
  'className' | 'style' | 'children' | 'type'
> {
  label: string;
  hint?: ReactNode;
  rows: number;
}

/** A text of several lines. */
export function TextAreaField({ label, hint, rows, ...props }: TextAreaFieldProps) {
  return (
    <AriaTextField {...props} className="field">
      <Label className="field-label">{label}</Label>
      <TextArea className="input input-area" rows={rows} />
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error" />
    </AriaTextField>
  );
}
