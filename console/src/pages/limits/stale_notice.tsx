import type { ReactNode } from 'react';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/notice';

interface StaleNoticeProps {
  onReload: () => void;
  /** The other ways out. */
  children?: ReactNode;
}

/** Somebody else's rules would have been overwritten unseen. */
export function StaleNotice({ onReload, children }: StaleNoticeProps) {
  return (
    <Notice tone="bad">
      <p>Someone changed the rules after you opened them. Nothing was saved.</p>
      <div className="stale-ways">
        <Button onPress={onReload}>Load what they are now</Button>
        {children}
      </div>
    </Notice>
  );
}
