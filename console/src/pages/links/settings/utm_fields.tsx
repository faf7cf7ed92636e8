import { TextField } from '../../../ui/text_field';
import { kUtmFields, utmOf, withUtm, type UtmField } from './utm';

const kExamples: Record<UtmField, string> = {
  source: 'newsletter',
  medium: 'email',
  campaign: 'spring',
  term: 'running shoes',
  content: 'button-top',
};

interface UtmFieldsProps {
  url: string;
  onChange: (url: string) => void;
}

/** Each writes its parameter into the target as one types. */
export function UtmFields({ url, onChange }: UtmFieldsProps) {
  return (
    <div className="settings-grid" role="group" aria-label="Campaign parameters">
      {kUtmFields.map((field) => (
        <TextField
          key={field}
          label={`utm_${field}`}
          placeholder={kExamples[field]}
          autoComplete="off"
          value={utmOf(url, field)}
          onChange={(value) => onChange(withUtm(url, field, value))}
        />
      ))}
    </div>
  );
}
