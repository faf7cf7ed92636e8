import { adjust } from '../lib/router';
import { SelectField } from './select_field';

const kAny = '';

interface ChoiceFilterProps {
  label: string;
  /** "All states". */
  all: string;
  choices: readonly { value: string; label: string }[];
  /** null: all of them. */
  value: string | null;
  /** The page without a choice. */
  page: string;
  /** What the choice is called in the address. */
  name: string;
}

/** Narrows a list to one of few; what is chosen stands in the address. */
export function ChoiceFilter({ label, all, choices, value, page, name }: ChoiceFilterProps) {
  return (
    <div className="field-inline">
      <SelectField
        label={label}
        value={value ?? kAny}
        options={[{ value: kAny, label: all }, ...choices]}
        onChange={(next) => adjust(next === kAny ? page : `${page}?${name}=${next}`)}
      />
    </div>
  );
}
