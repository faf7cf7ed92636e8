// Who wrote what: the text as it stands, each author's in a colour. Loaded with the editor.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { attributionOf, versionState } from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { ErrorNotice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import { AuthoredText } from './authored_text';
import { authorsOf, type Author } from './author_list';
import { documentKeys } from './document_keys';
import { useUserWords } from './use_user_words';
import './authors.css';

function Legend({
  authors,
  shown,
  wordsOf,
  onShow,
}: {
  authors: readonly Author[];
  shown: string | null;
  wordsOf: (user: string) => string;
  onShow: (name: string | null) => void;
}) {
  return (
    <ul className="authors" aria-label="Authors">
      {authors.map(({ name, color }) => (
        <li key={name}>
          <button
            type="button"
            className="author"
            aria-pressed={shown === name}
            onClick={() => onShow(shown === name ? null : name)}
          >
            <span className="author-color" style={{ background: color }} aria-hidden="true" />
            {wordsOf(name)}
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Authors({ name }: { name: string }) {
  const { tenant } = useTenant();
  const [shown, setShown] = useState<string | null>(null);
  const wordsOf = useUserWords();
  const answer = useQuery({
    queryKey: documentKeys.authors(tenant, name),
    queryFn: async ({ signal }) => {
      const attribution = await attributionOf(tenant, name, signal);
      // Of the same moment, else the places would not be those of this text.
      const state =
        attribution.ranges.length === 0
          ? new Uint8Array()
          : await versionState(tenant, name, attribution.version, signal);
      return { attribution, state };
    },
    staleTime: 0,
    gcTime: 0,
  });
  if (answer.data === undefined) {
    return answer.isError ? (
      <ErrorNotice error={answer.error} />
    ) : (
      <Skeleton rows={4} label="Asking who wrote what" />
    );
  }
  const { attribution, state } = answer.data;
  const authors = authorsOf(attribution.ranges);
  if (authors.length === 0) return <p className="modal-text">There is no text yet.</p>;
  return (
    <>
      <Legend authors={authors} shown={shown} wordsOf={wordsOf} onShow={setShown} />
      <AuthoredText state={state} ranges={attribution.ranges} {...{ authors, shown, wordsOf }} />
      {attribution.truncated && (
        <p className="modal-text">There is more than is shown in colours here.</p>
      )}
    </>
  );
}
