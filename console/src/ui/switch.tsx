import type { ReactNode } from 'react';
import { SwitchButton, SwitchField, type SwitchFieldProps } from 'react-aria-components';
import './switch.css';

interface Props extends Omit<SwitchFieldProps, 'className' | 'style' | 'children'> {
  children?: ReactNode;
}

export function Switch({ children, ...props }: Props) {
  return (
    <SwitchField {...props}>
      <SwitchButton className="switch">
        <span className="switch-track" aria-hidden="true">
          <span className="switch-block" />
        </span>
        {children}
      </SwitchButton>
    </SwitchField>
  );
}
