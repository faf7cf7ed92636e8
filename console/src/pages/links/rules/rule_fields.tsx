import { Choices } from '../../../ui/choices';
import { TextField } from '../../../ui/text_field';
import { QueryField } from './query_field';
import type { RuleDraft } from './rule_draft';
import { kBrowserWords, kDeviceWords, kSystemWords, optionsOf } from './rule_words';

interface RuleFieldsProps {
  draft: RuleDraft;
  /** "rules/0": where its errors are found. */
  path: string;
  errors: Record<string, string>;
  set: (change: Partial<RuleDraft>) => void;
}

function WhoFields({ draft, path, errors, set }: RuleFieldsProps) {
  return (
    <>
      <Choices
        label="Device"
        value={draft.devices}
        options={optionsOf(kDeviceWords)}
        error={errors[`${path}/devices`]}
        onChange={(devices) => set({ devices })}
      />
      <Choices
        label="System"
        value={draft.os}
        options={optionsOf(kSystemWords)}
        error={errors[`${path}/os`]}
        onChange={(os) => set({ os })}
      />
      <Choices
        label="Browser"
        value={draft.browsers}
        options={optionsOf(kBrowserWords)}
        error={errors[`${path}/browsers`]}
        onChange={(browsers) => set({ browsers })}
      />
      <TextField
        label="Languages"
        name={`${path}/languages`}
        mono
        autoComplete="off"
        placeholder="any"
        hint="de takes de-AT too. Several: de, fr"
        value={draft.languages}
        onChange={(languages) => set({ languages })}
      />
      <TextField
        label="Countries"
        name={`${path}/countries`}
        mono
        autoComplete="off"
        placeholder="any"
        hint="Two letters each: AT, DE. Known once the server has a file of them"
        value={draft.countries}
        onChange={(countries) => set({ countries })}
      />
    </>
  );
}

function WhenFields({ draft, path, errors, set }: RuleFieldsProps) {
  return (
    <>
      <div className="settings-grid">
        <TextField
          label="From"
          name={`${path}/from`}
          type="datetime-local"
          hint="Your local time"
          value={draft.from}
          onChange={(from) => set({ from })}
        />
        <TextField
          label="Until"
          name={`${path}/until`}
          type="datetime-local"
          value={draft.until}
          onChange={(until) => set({ until })}
        />
      </div>
      <QueryField
        value={draft.query}
        error={errors[`${path}/query`]}
        onChange={(query) => set({ query })}
      />
    </>
  );
}

/** A rule being changed. Of several values of a condition one must hold, of the conditions all. */
export function RuleFields(props: RuleFieldsProps) {
  const { draft, path, errors, set } = props;
  return (
    <div className="rule-fields">
      <TextField
        label="Leads to"
        name={`${path}/url`}
        inputMode="url"
        mono
        isRequired
        autoComplete="off"
        placeholder="https://example.com/de"
        value={draft.url}
        onChange={(url) => set({ url })}
      />
      <WhoFields {...props} />
      <WhenFields {...props} />
      {errors[path] !== undefined && <span className="field-error">{errors[path]}</span>}
    </div>
  );
}
