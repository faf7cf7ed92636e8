import type { ReactNode } from 'react';
import { CopyButton } from './copy_button';
import { Button } from './button';
import { ModalActions } from './modal';
import { Notice } from './notice';
import './secret.css';

interface SecretProps {
  secret: string;
  /** Of the copy button: "Copy key". */
  label: string;
  /** Why it is shown only now. */
  why: string;
  onClose: () => void;
  children?: ReactNode;
}

/** In a modal that a stray click does not close: what cannot be shown again. */
export function Secret({ secret, label, why, onClose, children }: SecretProps) {
  return (
    <>
      <Notice tone="good">
        <p>{why}</p>
      </Notice>
      <div className="secret">
        <code data-testid="secret">{secret}</code>
        <CopyButton text={secret} label={label} look="primary" />
      </div>
      {children}
      <ModalActions>
        <Button onPress={onClose}>I have it</Button>
      </ModalActions>
    </>
  );
}
