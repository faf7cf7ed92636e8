import { Button } from '../../ui/button';
import { ErrorNotice, Notice } from '../../ui/notice';

interface ChangeErrorProps {
  error: unknown;
  stale: boolean;
  shownAtFields: Record<string, string>;
  onReload: () => void;
}

/** Why a link was not saved. */
export function ChangeError({ error, stale, shownAtFields, onReload }: ChangeErrorProps) {
  if (!stale) return <ErrorNotice error={error} shownAtFields={shownAtFields} />;
  return (
    <Notice tone="bad">
      <p>Someone changed this link after you opened it. Nothing was saved.</p>
      <Button onPress={onReload}>Load what it is now</Button>
    </Notice>
  );
}
