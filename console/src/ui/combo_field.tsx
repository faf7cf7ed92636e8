import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';
import './field.css';
import './combo_field.css';

export interface ComboOption {
  value: string;
  /** Small, at the end of its line. */
  note?: string;
}

interface ComboFieldProps {
  label: string;
  hint?: string;
  placeholder?: string;
  /** What stands in the field, chosen or not yet. */
  text: string;
  onText: (text: string) => void;
  /** The nearest ones; what is not among them may be typed. */
  options: readonly ComboOption[];
  onChoose: (value: string) => void;
}

/** One of many, some of which are offered. Enter takes what is typed. */
export function ComboField(props: ComboFieldProps) {
  const { label, hint, placeholder, text, onText, options, onChoose } = props;
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      menuTrigger="focus"
      inputValue={text}
      onInputChange={onText}
      value={null}
      defaultItems={options.map((option) => ({ id: option.value, ...option }))}
      onChange={(key) => {
        if (key !== null) onChoose(String(key));
      }}
    >
      <Label className="field-label">{label}</Label>
      <Input
        className="input"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        {...(placeholder === undefined ? {} : { placeholder })}
        onKeyDown={(event) => {
          // The list takes Enter where one of it has the focus.
          const inList = event.currentTarget.getAttribute('aria-activedescendant');
          if (event.key !== 'Enter' || inList !== null) return;
          event.preventDefault();
          if (text.trim() !== '') onChoose(text.trim());
        }}
      />
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <Popover className="menu-popover combo-popover">
        <ListBox className="combo-list">
          {({ value, note }: ComboOption) => (
            <ListBoxItem id={value} textValue={value} className="combo-item">
              <span>{value}</span>
              {note !== undefined && <span className="combo-note numeric">{note}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
