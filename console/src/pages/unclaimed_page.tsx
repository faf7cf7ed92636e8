import { Door } from '../shell/door';

export function UnclaimedPage() {
  return (
    <Door title="Waiting for its owner">
      <p>
        This server has no admin password yet. The terminal where it was started shows a one-time
        link to this console:
      </p>
      <p>
        <code>Console http://…/_/#/claim/…</code>
      </p>
      <p>
        Open that link to set the password. It is good for 30 minutes; a restart prints a fresh one.
      </p>
    </Door>
  );
}
