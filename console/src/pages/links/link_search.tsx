import { Input, SearchField } from 'react-aria-components';
import '../../ui/field.css';

export function LinkSearch({
  value,
  onChange,
}: {
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <SearchField
      className="link-search"
      aria-label="Search links"
      value={value}
      onChange={onChange}
    >
      <Input className="input" placeholder="Search codes and targets" spellCheck={false} />
    </SearchField>
  );
}
