import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from './button';
import { Modal, ModalActions } from './modal';
import { ErrorNotice } from './notice';
import { toast } from './toast';

interface QuestionProps {
  /** The word on the button that does it. */
  action: string;
  keep?: string;
  run: () => Promise<unknown>;
  /** Said when it is done, unless `run` says it itself. */
  done?: string;
  onDone?: () => void;
  onClose: () => void;
  children: ReactNode;
}

function Question({ action, keep = 'Keep it', run, done, ...props }: QuestionProps) {
  const doing = useMutation({
    mutationFn: run,
    onSuccess: () => {
      if (done !== undefined) toast('good', done);
      props.onClose();
      props.onDone?.();
    },
  });
  return (
    <>
      <p className="modal-text">{props.children}</p>
      <ErrorNotice error={doing.error} />
      <ModalActions>
        <Button onPress={props.onClose}>{keep}</Button>
        <Button look="danger" onPress={() => doing.mutate()} isPending={doing.isPending}>
          {action}
        </Button>
      </ModalActions>
    </>
  );
}

interface ConfirmProps extends QuestionProps {
  title: string;
  isOpen: boolean;
}

/** Before what cannot be undone. */
export function Confirm({ title, isOpen, ...question }: ConfirmProps) {
  return (
    <Modal title={title} role="alertdialog" isOpen={isOpen} onClose={question.onClose}>
      {isOpen && <Question {...question} />}
    </Modal>
  );
}
