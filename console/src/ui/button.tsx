import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import './button.css';

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'isPending'> {
  /** One primary action a view; quiet for what stands beside it. */
  look?: 'primary' | 'quiet' | 'danger' | 'bare';
  small?: boolean;
  /**
   * Its action is under way: it keeps the focus and does nothing. Not React Aria's own isPending,
   * whose announcement refers to the button and is left behind when the button goes.
   */
  isPending?: boolean;
}

export function Button({ look = 'quiet', small = false, isPending, ...props }: ButtonProps) {
  const { type, onPress, ...rest } = props;
  return (
    <AriaButton
      {...rest}
      // A submit button leaves the focus in the field. Taking it would end the field's editing
      // between press and release; the field's message then goes, what is below moves up, and the
      // release misses the button.
      preventFocusOnPress={rest.preventFocusOnPress ?? type === 'submit'}
      type={isPending ? 'button' : (type ?? 'button')}
      {...(isPending || !onPress ? {} : { onPress })}
      className={`button button-${look}${small ? ' button-small' : ''}${isPending ? ' button-pending' : ''}`}
    />
  );
}
