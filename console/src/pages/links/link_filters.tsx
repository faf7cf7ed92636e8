import { useState } from 'react';
import { adjust } from '../../lib/router';
import { Button } from '../../ui/button';
import { ComboField, type ComboOption } from '../../ui/combo_field';
import { Segmented } from '../../ui/segmented';
import { LinkSearch } from './link_search';
import { kStates, narrowedHref, type Narrowing } from './links_view';
import { useDomains } from './use_domains';
import { useTags } from './use_tags';
import './link_filters.css';

interface ExactFilterProps {
  label: string;
  placeholder: string;
  value: string | null;
  options: readonly ComboOption[];
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

export interface Exact {
  tag: string | null;
  owner: string | null;
  domain: string | null;
}

interface ExactFiltersProps {
  value: Exact;
  onChange: (change: Partial<Exact>) => void;
}

const kNone: Exact = { tag: null, owner: null, domain: null };

export function ExactFilters({ value, onChange }: ExactFiltersProps) {
  const tags = useTags();
  const domains = useDomains();
  const { tag, owner, domain } = value;
  return (
    <div className="exact-filters">
      <ExactFilter
        label="Tag"
        placeholder="Any"
        value={tag}
        options={tags}
        onChange={(next) => onChange({ tag: next })}
      />
      <ExactFilter
        label="Owner"
        placeholder="Anybody"
        value={owner}
        options={[]}
        onChange={(next) => onChange({ owner: next })}
      />
      {(domains.length > 0 || domain !== null) && (
        <ExactFilter
          label="Domain"
          placeholder="Any"
          value={domain}
          options={domains.map((host) => ({ value: host }))}
          onChange={(next) => onChange({ domain: next })}
        />
      )}
      {(tag ?? owner ?? domain) !== null && (
        <Button look="bare" onPress={() => onChange(kNone)}>
          Clear
        </Button>
      )}
    </div>
  );
}

interface LinkFiltersProps {
  text: string;
  onText: (text: string) => void;
  narrowing: Narrowing;
}

export function LinkFilters({ text, onText, narrowing }: LinkFiltersProps) {
  const { tag, owner, domain } = narrowing;
  const isSet = (tag ?? owner ?? domain) !== null;
  const [open, setOpen] = useState(isSet);
  // It stays when nothing narrows any more: its field may have the focus.
  if (isSet && !open) setOpen(true);
  const narrow = (change: Partial<Narrowing>) => adjust(narrowedHref({ ...narrowing, ...change }));
  return (
    <>
      <LinkSearch value={text} onChange={onText} />
      <Segmented
        label="State"
        value={narrowing.state}
        options={kStates}
        onChange={(state) => narrow({ state })}
      />
      {!isSet && (
        <Button look="bare" small aria-expanded={open} onPress={() => setOpen(!open)}>
          {open ? '− Fewer filters' : '+ Tag, owner, domain'}
        </Button>
      )}
      {open && <ExactFilters value={narrowing} onChange={narrow} />}
    </>
  );
}
