import { Button } from '../../../ui/button';
import './save_bar.css';

interface SaveBarProps {
  isChanged: boolean;
  isPending: boolean;
  onReset: () => void;
}

/** At the foot of a form that is longer than a window; it says whether there is anything to save. */
export function SaveBar({ isChanged, isPending, onReset }: SaveBarProps) {
  return (
    <div className="save-bar">
      <span className="save-bar-state" role="status">
        {isChanged ? 'Not saved yet' : 'All saved'}
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
