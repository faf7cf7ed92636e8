import { useState } from 'react';
import { Button } from '../../ui/button';
import { ComboField } from '../../ui/combo_field';
import { useTags } from './use_tags';
import './tag_list.css';

export const kMostTags = 20;

interface TagsFieldProps {
  value: readonly string[];
  error: string | undefined;
  onChange: (tags: string[]) => void;
}

export function TagsField({ value, error, onChange }: TagsFieldProps) {
  const known = useTags();
  const [text, setText] = useState('');
  const add = (tag: string) => {
    setText('');
    if (!value.includes(tag)) onChange([...value, tag]);
  };
  return (
    <div className="field" role="group" aria-label="Tags">
      {value.length < kMostTags && (
        <ComboField
          label="Tags"
          hint="Enter adds one."
          text={text}
          onText={(next) => {
            // Pasted, or typed as in other places.
            const [first, ...more] = next.split(',');
            if (more.length === 0) setText(next);
            else if (first !== undefined && first.trim() !== '') add(first.trim());
          }}
          options={known.filter((option) => !value.includes(option.value))}
          onChoose={add}
        />
      )}
      {value.length > 0 && (
        <span className="tag-list">
          {value.map((tag) => (
            <span key={tag} className="tag-taken">
              <span className="cut">{tag}</span>
              <Button
                look="bare"
                small
                aria-label={`Remove tag ${tag}`}
                onPress={() => onChange(value.filter((other) => other !== tag))}
              >
                ✕
              </Button>
            </span>
          ))}
        </span>
      )}
      {error !== undefined && <span className="field-error">{error}</span>}
    </div>
  );
}
