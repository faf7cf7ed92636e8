import { useState } from 'react';
import { Form } from 'react-aria-components';
import { Button } from '../../../ui/button';
import { ComboField } from '../../../ui/combo_field';
import { ModalActions } from '../../../ui/modal';
import { useTags } from '../use_tags';

interface TagFormProps {
  action: string;
  onTag: (tag: string) => void;
  onClose: () => void;
}

export function TagForm({ action, onTag, onClose }: TagFormProps) {
  const tags = useTags();
  const [text, setText] = useState('');
  const tag = text.trim();
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (tag === '') return;
        onTag(tag);
        onClose();
      }}
    >
      <ComboField label="Tag" text={text} onText={setText} options={tags} onChoose={setText} />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={tag === ''}>
          {action}
        </Button>
      </ModalActions>
    </Form>
  );
}
