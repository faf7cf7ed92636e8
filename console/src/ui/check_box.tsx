import type { ReactNode } from 'react';
import { CheckboxButton, CheckboxField, type CheckboxFieldProps } from 'react-aria-components';
import './check_box.css';

interface Props extends Omit<CheckboxFieldProps, 'className' | 'style' | 'children'> {
  children?: ReactNode;
}

export function CheckBox({ children, ...props }: Props) {
  return (
    <CheckboxField {...props}>
      <CheckboxButton className="check-box">
        <span className="check-box-mark" aria-hidden="true" />
        {children}
      </CheckboxButton>
    </CheckboxField>
  );
}
