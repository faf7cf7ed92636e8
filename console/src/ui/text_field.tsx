import type { ReactNode } from 'react';
import {
  FieldError,
  Input,
  Label,
  Text,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components';
import './field.css';

interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  label: string;
  hint?: ReactNode;
  placeholder?: string;
  /** For what machines read: codes, addresses, keys. */
  mono?: boolean;
  large?: boolean;
}

/** Server errors reach it through the form's validationErrors, by `name`. */
export function TextField({ label, hint, placeholder, mono, large, ...props }: TextFieldProps) {
  const classes = ['input', mono && 'input-mono', large && 'input-large'].filter(Boolean).join(' ');
  return (
    <AriaTextField {...props} className="field">
      <Label className="field-label">{label}</Label>
      <Input
        className={classes}
        {...(placeholder === undefined ? {} : { placeholder })}
        spellCheck={false}
        autoCapitalize="off"
      />
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error" />
    </AriaTextField>
  );
}
