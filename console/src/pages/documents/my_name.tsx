// The name under which whoever sits at this console writes: others see it at the cursor.
import { useState, useSyncExternalStore } from 'react';
import { TextField } from '../../ui/text_field';

const kKey = 'ashlar.documents.my-name';
const kChanged = 'ashlar:my-name';
const kNobody = 'Administrator';

function subscribe(onChange: () => void): () => void {
  window.addEventListener(kChanged, onChange);
  return () => window.removeEventListener(kChanged, onChange);
}

function current(): string {
  return window.localStorage.getItem(kKey) ?? kNobody;
}

function rename(wanted: string): void {
  window.localStorage.setItem(kKey, wanted.trim() === '' ? kNobody : wanted.trim());
  window.dispatchEvent(new Event(kChanged));
}

export function useMyName(): string {
  return useSyncExternalStore(subscribe, current);
}

export function MyName() {
  const name = useMyName();
  const [draft, setDraft] = useState(name);
  return (
    <span className="field-inline">
      <TextField
        label="You write as"
        maxLength={64}
        autoComplete="off"
        value={draft}
        onChange={setDraft}
        onBlur={() => rename(draft)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') rename(draft);
        }}
      />
    </span>
  );
}
