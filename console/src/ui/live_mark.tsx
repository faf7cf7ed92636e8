import type { StreamState } from '../api/event_stream';
import './live_mark.css';

const kWords: Record<StreamState, string> = {
  connecting: 'Connecting…',
  open: 'Live',
  waiting: 'Reconnecting…',
  closed: 'Not live',
};

/** Says whether numbers move by themselves, so that a still number can be trusted to be still. */
export function LiveMark({ state, word }: { state: StreamState; word?: string }) {
  return (
    <span className="live-mark" data-state={state} role="status">
      {word ?? kWords[state]}
    </span>
  );
}
