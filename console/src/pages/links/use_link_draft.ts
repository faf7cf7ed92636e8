import { useEffect, useState } from 'react';
import { nameOf, type Link, type LinkChange } from '../../api/links';
import { useTenant } from '../../lib/tenant';
import { toast } from '../../ui/toast';
import type { Fresh } from './fresh_link';
import { forgetDraft, keepDraft, keptDraft } from './kept_drafts';
import { useLinkChange } from './use_link_change';

interface Form<Draft> {
  /** Which of the link's forms it is. */
  part: string;
  draftOf: (link: Link) => Draft;
  changesOf: (link: Link, draft: Draft) => LinkChange;
}

/** A form of a link's: it begins with what was left in it unsaved, else with what the link is. */
export function useLinkDraft<Draft extends object>(fresh: Fresh, form: Form<Draft>) {
  const { tenant } = useTenant();
  const { code } = fresh.answer.data;
  const key = JSON.stringify([form.part, tenant, nameOf(fresh.answer.data)]);
  const anew = () => ({ answer: fresh.answer, draft: form.draftOf(fresh.answer.data) });
  const [opened, setOpened] = useState(() => {
    const kept = keptDraft(key);
    return kept ? { answer: kept.answer, draft: kept.draft as Draft } : anew();
  });
  const { answer, draft } = opened;
  const changes = form.changesOf(answer.data, draft);
  const isChanged = Object.keys(changes).length > 0;
  const { saving, stale, edited } = useLinkChange({
    ...fresh,
    answer,
    onSaved: (saved) => {
      forgetDraft(key);
      fresh.onSaved(saved);
    },
  });

  useEffect(() => {
    if (isChanged) keepDraft(key, { answer, draft });
    else forgetDraft(key);
  }, [key, isChanged, answer, draft]);

  useEffect(
    () => () => {
      if (keptDraft(key)) {
        toast('good', `What you changed of ${code} is not saved. It is kept until you come back.`);
      }
    },
    [key, code],
  );

  return {
    link: answer.data,
    draft,
    changes,
    isChanged,
    saving,
    stale,
    set: (change: Partial<Draft>) => {
      edited();
      setOpened((old) => ({ ...old, draft: { ...old.draft, ...change } }));
    },
    undo: () => {
      saving.reset();
      setOpened((old) => ({ ...old, draft: form.draftOf(old.answer.data) }));
    },
    /** In the place of what somebody else has changed meanwhile. */
    reload: () => {
      saving.reset();
      forgetDraft(key);
      setOpened(anew());
      fresh.onReload();
    },
  };
}
