import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { fieldErrorsOf, hasReason } from '../api/problem';
import { claim, kMinPasswordLength, type Session } from '../api/session';
import { kSessionKey } from '../lib/query_client';
import { hrefs } from '../lib/router';
import { Door } from '../shell/door';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/notice';
import { TextField } from '../ui/text_field';

function AlreadyClaimed({ authenticated }: { authenticated: boolean }) {
  return (
    <Door title="Already set up">
      <p>This one-time link has done its work: an admin password is set.</p>
      <p>
        <a href={hrefs.links}>{authenticated ? 'Open the console' : 'Sign in'}</a>
      </p>
      <p className="door-soft">
        Password lost? Run <code>ashlar admin reset-password</code> on the server.
      </p>
    </Door>
  );
}

function LinkExpired() {
  return (
    <Door title="This link no longer works">
      <p>One-time links are good for 30 minutes and for one use. This one is expired or used.</p>
      <p className="door-soft">
        Stop the server and start it again: as long as no password is set, every start prints a
        fresh link.
      </p>
    </Door>
  );
}

export function ClaimPage({ token, session }: { token: string; session: Session }) {
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const claiming = useMutation({
    mutationFn: () => claim(token, password),
    onSuccess: (claimed) => {
      // First away from the token, so that it does not stay in the address or behind "back".
      // Replacing the address raises no event of its own.
      window.history.replaceState(null, '', hrefs.links);
      window.dispatchEvent(new HashChangeEvent('hashchange'));
      client.setQueryData(kSessionKey, claimed);
    },
  });

  const claimedMeanwhile = hasReason(claiming.error, 'already_claimed');
  if (session.claimed || claimedMeanwhile) {
    return <AlreadyClaimed authenticated={session.authenticated} />;
  }
  if (hasReason(claiming.error, 'claim_token_invalid')) return <LinkExpired />;

  const errors = fieldErrorsOf(claiming.error, { password_too_short: 'password' });
  return (
    <Door title="Make this server yours">
      <p>
        Whoever holds the link that you just opened may set the admin password, once. Then the link
        is spent, and the password opens this console.
      </p>
      <ErrorNotice error={claiming.error} shownAtFields={errors} />
      <Form
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          claiming.mutate();
        }}
      >
        {/* Lets password managers file the password under a name. */}
        <input type="text" name="username" defaultValue="admin" autoComplete="username" hidden />
        <TextField
          label="Admin password"
          name="password"
          type="password"
          autoComplete="new-password"
          isRequired
          // This page has one purpose and one field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          minLength={kMinPasswordLength}
          value={password}
          onChange={(value) => {
            if (claiming.isError) claiming.reset();
            setPassword(value);
          }}
          hint={`At least ${kMinPasswordLength} characters. A few words in a row are easier to keep than symbols.`}
        />
        <Button look="primary" type="submit" isPending={claiming.isPending}>
          {claiming.isPending ? 'Setting…' : 'Set password and open the console'}
        </Button>
      </Form>
      <p className="door-soft">
        Ashlar keeps a slow hash of it, never the password. If it is lost, someone with access to
        the server can run <code>ashlar admin reset-password</code>.
      </p>
    </Door>
  );
}
