import { useRef } from 'react';
import { Form } from 'react-aria-components';
import { nameOf, type LinkName } from '../../../api/links';
import { ApiError } from '../../../api/problem';
import { useFieldTrouble } from '../../../lib/use_field_trouble';
import { Course } from '../../../ui/page';
import { ChangeError } from '../change_error';
import { FreshLink, type Fresh } from '../fresh_link';
import { SaveBar } from '../settings/save_bar';
import { useLinkDraft } from '../use_link_draft';
import { RuleList } from './rule_list';
import { changesOf, draftOf, plain, type RulesDraft } from './rule_draft';
import { Tester } from './tester';
import { VariantList } from './variant_list';
import './rules_view.css';

/** By the whole path of the field, "rules/0/url"; of one of a list's values, by the list's. */
function errorsByPath(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const entries = error.problem.errors.map(({ field, detail, reason }) => {
    const path = field.replace(/^\//, '').split('/');
    return [path.slice(0, 3).join('/'), detail || reason] as const;
  });
  return Object.fromEntries(entries);
}

const kForm = { part: 'rules', draftOf, changesOf };

function RulesForm({ fresh }: { fresh: Fresh }) {
  const { link, draft, changes, isChanged, saving, ...form } = useLinkDraft(fresh, kForm);
  const errors = errorsByPath(saving.error);
  const place = useRef<HTMLFormElement>(null);
  const trouble = useFieldTrouble(place, saving.error, errors);
  const set = (change: Partial<RulesDraft>) => {
    trouble.edited();
    form.set(change);
  };
  return (
    <>
      <Course>
        <Form
          ref={place}
          className="rules-form"
          validationErrors={errors}
          onInvalid={trouble.onInvalid}
          onSubmit={(event) => {
            event.preventDefault();
            if (isChanged) saving.mutate(changes);
          }}
        >
          <section className="rules-part">
            <h2>Rules</h2>
            <p className="rules-hint">
              The first of them all of whose conditions hold says where a visit leads.
            </p>
            <RuleList rules={draft.rules} errors={errors} onChange={(rules) => set({ rules })} />
          </section>
          <section className="rules-part">
            <h2>Variants</h2>
            <p className="rules-hint">
              Visits that no rule takes are divided by weight; a visitor keeps a variant for a day.
            </p>
            <VariantList
              variants={draft.variants}
              url={link.url}
              errors={errors}
              onChange={(variants) => set({ variants })}
            />
          </section>
          <ChangeError
            error={saving.error}
            stale={form.stale}
            shownAtFields={errors}
            onReload={form.reload}
          />
          <SaveBar
            isChanged={isChanged}
            isPending={saving.isPending}
            isTrouble={trouble.isTrouble}
            onReset={form.undo}
          />
        </Form>
      </Course>
      <Course title="Who would get what">
        <Tester name={nameOf(link)} {...plain(draft)} />
      </Course>
    </>
  );
}

export function RulesView({ name }: { name: LinkName }) {
  return (
    <FreshLink name={name} rows={8} isSection>
      {(fresh) => <RulesForm key={fresh.answer.etag} fresh={fresh} />}
    </FreshLink>
  );
}
