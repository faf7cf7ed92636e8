import type { ReactNode } from 'react';
import { Dialog, Heading, Modal as AriaModal, ModalOverlay } from 'react-aria-components';
import './modal.css';

interface ModalProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** False while something inside must be read or kept before it is lost (a key shown once). */
  canDismiss?: boolean;
  role?: 'dialog' | 'alertdialog';
  /** For text and tables, which need more than a form's width. */
  wide?: boolean;
  children: ReactNode;
}

export function Modal({
  title,
  isOpen,
  onClose,
  canDismiss = true,
  role,
  wide = false,
  children,
}: ModalProps) {
  return (
    <ModalOverlay
      className="modal-overlay"
      isOpen={isOpen}
      isDismissable={canDismiss}
      isKeyboardDismissDisabled={!canDismiss}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <AriaModal className={wide ? 'modal modal-wide' : 'modal'}>
        <Dialog className="modal-body" role={role ?? 'dialog'}>
          <Heading slot="title" className="modal-title">
            {title}
          </Heading>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}

export function ModalActions({ children }: { children: ReactNode }) {
  return <div className="modal-actions">{children}</div>;
}
