import { Button } from '../../../ui/button';
import './save_bar.css';

interface SaveBarProps {
  isChanged: boolean;
  isPending: boolean;
  /** It was not saved because of a field. */
  isTrouble: boolean;
  onReset: () => void;
}

/** At the foot of a form that is longer than a window; it says whether there is anything to save. */
export function SaveBar({ isChanged, isPending, isTrouble, onReset }: SaveBarProps) {
  const isBad = isChanged && isTrouble;
  return (
    <div className="save-bar">
      <span className={`save-bar-state${isBad ? ' save-bar-bad' : ''}`} role="status">
        {isBad && 'Not saved: a field above is not right'}
        {!isBad && (isChanged ? 'Not saved yet' : 'All saved')}
      </span>
      <Button onPress={onReset} isDisabled={!isChanged || isPending}>
        Undo changes
      </Button>
      <Button look="primary" type="submit" isDisabled={!isChanged} isPending={isPending}>
        Save
      </Button>
    </div>
  );
}
