import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import './button.css';

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style'> {
  /** One primary action a view; quiet for what stands beside it. */
  look?: 'primary' | 'quiet' | 'danger' | 'bare';
  small?: boolean;
}

export function Button({ look = 'quiet', small = false, ...props }: ButtonProps) {
  // A submit button leaves the focus in the field. Taking it would end the field's editing between
  // press and release; the field's message then goes, what is below moves up, and the release
  // misses the button.
  const keepFocus = props.type === 'submit';
  return (
    <AriaButton
      preventFocusOnPress={keepFocus}
      {...props}
      className={`button button-${look}${small ? ' button-small' : ''}`}
    />
  );
}
