import type { LinkName } from '../../../api/links';
import { Course } from '../../../ui/page';
import { FreshLink } from '../fresh_link';
import { SettingsForm } from './settings_form';

export function SettingsView({ name }: { name: LinkName }) {
  return (
    <Course>
      <FreshLink name={name} rows={12}>
        {(fresh) => <SettingsForm key={fresh.answer.etag} fresh={fresh} />}
      </FreshLink>
    </Course>
  );
}
