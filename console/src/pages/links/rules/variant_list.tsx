import { kMostVariants } from '../../../api/link_rules';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/text_field';
import { newVariant, shareOf, type VariantDraft } from './rule_draft';

interface VariantListProps {
  variants: readonly VariantDraft[];
  /** The link's own target: the first of two variants is often it. */
  url: string;
  errors: Record<string, string>;
  onChange: (variants: readonly VariantDraft[]) => void;
}

export function VariantList({ variants, url, errors, onChange }: VariantListProps) {
  const set = (id: number, change: Partial<VariantDraft>) =>
    onChange(variants.map((each) => (each.id === id ? { ...each, ...change } : each)));
  const add = () => {
    const first = variants.length === 0 ? [{ ...newVariant(), url }] : [];
    onChange([...variants, ...first, newVariant()]);
  };
  return (
    <>
      {variants.length === 0 && (
        <p className="rules-hint">None: whom no rule takes is led to the target.</p>
      )}
      {variants.map((variant, at) => (
        <div key={variant.id} className="variant-row" role="group" aria-label={`Variant ${at + 1}`}>
          <TextField
            label="Leads to"
            name={`variants/${at}/url`}
            inputMode="url"
            mono
            isRequired
            autoComplete="off"
            value={variant.url}
            onChange={(next) => set(variant.id, { url: next })}
          />
          <TextField
            label="Weight"
            name={`variants/${at}/weight`}
            inputMode="numeric"
            pattern="[0-9]+"
            isRequired
            autoComplete="off"
            value={variant.weight}
            onChange={(weight) => set(variant.id, { weight })}
          />
          <span className="variant-share numeric">{shareOf(variant, variants)}</span>
          <Button
            look="bare"
            aria-label={`Remove variant ${at + 1}`}
            onPress={() => onChange(variants.filter(({ id }) => id !== variant.id))}
          >
            ✕
          </Button>
        </div>
      ))}
      {errors['variants'] !== undefined && (
        <span className="field-error">{errors['variants']}</span>
      )}
      {variants.length < kMostVariants && <Button onPress={add}>+ Variant</Button>}
    </>
  );
}
