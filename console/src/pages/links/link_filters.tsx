import { useState } from 'react';
import { adjust } from '../../lib/router';
import { Button } from '../../ui/button';
import { ComboField } from '../../ui/combo_field';
import { Segmented } from '../../ui/segmented';
import { LinkSearch } from './link_search';
import { kStates, narrowedHref, type Narrowing } from './links_view';
import { useTags } from './use_tags';
import './link_filters.css';

interface ExactFilterProps {
  label: string;
  placeholder: string;
  value: string | null;
  options: readonly { value: string; note?: string }[];
  onChange: (value: string | null) => void;
}

/** Taken when it is chosen, or with Enter: half a tag is no tag. */
function ExactFilter({ label, placeholder, value, options, onChange }: ExactFilterProps) {
  const [text, setText] = useState(value ?? '');
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    // Changed from outside, as by a tag in the list.
    setSeen(value);
    setText(value ?? '');
  }
  return (
    <div className="exact-filter">
      <ComboField
        label={label}
        placeholder={placeholder}
        text={text}
        onText={(next) => {
          setText(next);
          if (next === '' && value !== null) onChange(null);
        }}
        options={options}
        onChoose={(chosen) => {
          setText(chosen);
          onChange(chosen);
        }}
      />
    </div>
  );
}

interface LinkFiltersProps {
  text: string;
  onText: (text: string) => void;
  narrowing: Narrowing;
}

function FurtherFilters({ narrowing }: { narrowing: Narrowing }) {
  const tags = useTags();
  const { tag, owner } = narrowing;
  const narrow = (change: Partial<Narrowing>) => adjust(narrowedHref({ ...narrowing, ...change }));
  return (
    <div className="further-filters">
      <ExactFilter
        label="Tag"
        placeholder="Any"
        value={tag}
        options={tags}
        onChange={(next) => narrow({ tag: next })}
      />
      <ExactFilter
        label="Owner"
        placeholder="Anybody"
        value={owner}
        options={[]}
        onChange={(next) => narrow({ owner: next })}
      />
      {(tag ?? owner) !== null && (
        <Button look="bare" onPress={() => narrow({ tag: null, owner: null })}>
          Clear
        </Button>
      )}
    </div>
  );
}

export function LinkFilters({ text, onText, narrowing }: LinkFiltersProps) {
  const isSet = narrowing.tag !== null || narrowing.owner !== null;
  const [open, setOpen] = useState(isSet);
  // It stays when nothing narrows any more: its field may have the focus.
  if (isSet && !open) setOpen(true);
  return (
    <>
      <LinkSearch value={text} onChange={onText} />
      <Segmented
        label="State"
        value={narrowing.state}
        options={kStates}
        onChange={(state) => adjust(narrowedHref({ ...narrowing, state }))}
      />
      {!isSet && (
        <Button look="bare" small aria-expanded={open} onPress={() => setOpen(!open)}>
          {open ? '− Fewer filters' : '+ Tag, owner'}
        </Button>
      )}
      {open && <FurtherFilters narrowing={narrowing} />}
    </>
  );
}
