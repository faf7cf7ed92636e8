import {
  CheckboxButton,
  CheckboxField,
  CheckboxGroup,
  FieldError,
  Label,
} from 'react-aria-components';
import { kScopes, type Scope } from '../../api/keys';
import '../../ui/field.css';
import './scopes_field.css';

const kMeaning: Record<Scope, string> = {
  'links:read': 'see links and their clicks',
  'links:write': 'create, change and disable links',
  'activity:read': 'see who does what how often',
  'activity:write': 'record what users did',
  'limits:check': 'ask whether a request may pass',
  'limits:read': 'see rules and what they answer',
  'limits:write': 'change rules',
  'events:read': 'see what has happened',
  'tasks:read': 'see tasks, queues and schedules',
  'tasks:write': 'create tasks, lease and report them, set queues',
  'webhooks:read': 'see webhooks and their deliveries',
  'webhooks:write': 'create and change webhooks, replay',
  'sagas:read': 'see sagas and their timelines',
  'sagas:write': 'resume, skip and turn back sagas',
  'keys:read': 'see the list of keys',
  'keys:write': 'create and revoke keys',
};

interface ScopesFieldProps {
  value: Scope[];
  onChange: (scopes: Scope[]) => void;
}

export function ScopesField({ value, onChange }: ScopesFieldProps) {
  return (
    <CheckboxGroup
      className="field scopes"
      name="scopes"
      isRequired
      value={value}
      onChange={(chosen) => onChange(kScopes.filter((scope) => chosen.includes(scope)))}
    >
      <Label className="field-label">May</Label>
      {kScopes.map((scope) => (
        <CheckboxField key={scope} value={scope}>
          <CheckboxButton className="scope">
            <span className="scope-box" aria-hidden="true" />
            <code>{scope}</code>
            <span className="scope-meaning">{kMeaning[scope]}</span>
          </CheckboxButton>
        </CheckboxField>
      ))}
      <FieldError className="field-error" />
    </CheckboxGroup>
  );
}
