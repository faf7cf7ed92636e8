import { useState } from 'react';
import { Button } from '../../../ui/button';
import { SelectField } from '../../../ui/select_field';
import { TextAreaField } from '../../../ui/text_area_field';
import { TextField } from '../../../ui/text_field';
import { readJson } from '../json_field';
import {
  hasPart,
  kParts,
  kTexts,
  partWords,
  textIn,
  withPart,
  type PartName,
  type TemplateDraft,
  type TextField as Field,
} from './template_draft';

export interface Place {
  locale: string;
  part: PartName;
}

interface EditorProps {
  draft: TemplateDraft;
  place: Place;
  onDraft: (draft: TemplateDraft) => void;
  onPlace: (place: Place) => void;
}

function AddLanguage({ draft, place, onDraft, onPlace }: EditorProps) {
  const [adding, setAdding] = useState<string | null>(null);
  if (adding === null) {
    return (
      <Button small onPress={() => setAdding('')}>
        + Language
      </Button>
    );
  }
  const add = () => {
    const locale = adding.trim();
    if (locale !== '') {
      onDraft({ ...draft, locales: { [locale]: {}, ...draft.locales } });
      onPlace({ ...place, locale });
    }
    setAdding(null);
  };
  return (
    <div className="add-language">
      <TextField
        label="Language to add"
        autoComplete="off"
        placeholder="de-AT"
        value={adding}
        onChange={setAdding}
      />
      <Button small onPress={add}>
        Add
      </Button>
    </div>
  );
}

/** An object that is being typed is no JSON for a while: it is kept as text until it is. */
function JsonText({ field, value, onChange }: TextInputProps) {
  const [text, setText] = useState(value);
  const wrong = readJson(text).wrong;
  return (
    <TextAreaField
      label={field.label}
      rows={3}
      hint={wrong ?? field.hint}
      value={text}
      onChange={(next) => {
        setText(next);
        const read = readJson(next);
        if (read.wrong === null) onChange(read.value ?? '');
      }}
    />
  );
}

interface TextInputProps {
  field: Field;
  value: string;
  onChange: (value: unknown) => void;
}

function TextInput({ field, value, onChange }: TextInputProps) {
  if (field.input === 'line') {
    return (
      <TextField
        label={field.label}
        name={field.name}
        hint={field.hint}
        autoComplete="off"
        value={value}
        onChange={onChange}
      />
    );
  }
  if (field.input === 'json') return <JsonText field={field} value={value} onChange={onChange} />;
  return (
    <div className={field.input === 'html' ? 'code-area' : undefined}>
      <TextAreaField
        label={field.label}
        name={field.name}
        rows={field.input === 'html' ? 12 : 5}
        hint={field.hint}
        value={value}
        onChange={onChange}
      />
    </div>
  );
}

/** The texts of one language and channel. */
export function TextsEditor({ draft, place, onDraft, onPlace }: EditorProps) {
  const { locale, part } = place;
  const locales = Object.keys(draft.locales);
  const fields: readonly Field[] =
    part === 'short' ? [{ name: 'short', label: 'Short text', input: 'text' }] : kTexts[part];
  const localeWords = (each: string) =>
    each === draft.default_locale ? `${each} (default)` : each;
  return (
    <>
      <div className="pair">
        <SelectField
          label="Language"
          value={locale}
          options={locales.map((each) => ({ value: each, label: localeWords(each) }))}
          onChange={(next) => onPlace({ ...place, locale: next })}
        />
        <SelectField
          label="Channel"
          value={part}
          options={kParts.map((each) => ({
            value: each,
            label: hasPart(draft, locale, each) ? partWords(each) : `${partWords(each)} (none)`,
          }))}
          onChange={(next) => onPlace({ ...place, part: next as PartName })}
        />
      </div>
      <div className="language-actions">
        <AddLanguage draft={draft} place={place} onDraft={onDraft} onPlace={onPlace} />
        {locale !== draft.default_locale && (
          <>
            <Button small onPress={() => onDraft({ ...draft, default_locale: locale })}>
              Make {locale} the default
            </Button>
            <Button
              small
              onPress={() => {
                const rest = Object.entries(draft.locales).filter(([each]) => each !== locale);
                onDraft({ ...draft, locales: Object.fromEntries(rest) });
                onPlace({ ...place, locale: draft.default_locale });
              }}
            >
              Remove {locale}
            </Button>
          </>
        )}
      </div>
      {fields.map((field) => (
        <TextInput
          key={`${locale} ${part} ${field.name}`}
          field={field}
          value={textIn(draft, locale, part, field.name)}
          onChange={(value) => onDraft(withPart(draft, locale, part, field.name, value))}
        />
      ))}
    </>
  );
}
