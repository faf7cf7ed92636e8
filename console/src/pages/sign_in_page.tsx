import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { ApiError, fieldErrorsOf, hasReason } from '../api/problem';
import { signIn } from '../api/session';
import { kSessionKey } from '../lib/query_client';
import { Door } from '../shell/door';
import { Button } from '../ui/button';
import { ErrorNotice, Notice } from '../ui/notice';
import { TextField } from '../ui/text_field';

function TooMany({ error }: { error: unknown }) {
  const waitS = error instanceof ApiError ? error.retryAfterS : null;
  return (
    <Notice tone="bad">
      <p>
        Too many attempts. Try again {waitS === null ? 'in a little while' : `in ${waitS} seconds`}.
      </p>
    </Notice>
  );
}

export function SignInPage() {
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const signing = useMutation({
    mutationFn: () => signIn(password),
    onSuccess: (session) => client.setQueryData(kSessionKey, session),
  });
  const errors = fieldErrorsOf(signing.error, { wrong_password: 'password' });
  const tooMany = hasReason(signing.error, 'too_many_attempts');

  return (
    <Door title="Sign in">
      {tooMany ? (
        <TooMany error={signing.error} />
      ) : (
        <ErrorNotice error={signing.error} shownAtFields={errors} />
      )}
      <Form
        validationErrors={errors}
        onSubmit={(event) => {
          event.preventDefault();
          signing.mutate();
        }}
      >
        <input type="text" name="username" defaultValue="admin" autoComplete="username" hidden />
        <TextField
          label="Admin password"
          name="password"
          type="password"
          autoComplete="current-password"
          isRequired
          // This page has one purpose and one field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          value={password}
          onChange={(value) => {
            if (signing.isError) signing.reset();
            setPassword(value);
          }}
        />
        <Button look="primary" type="submit" isPending={signing.isPending}>
          {signing.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </Form>
      <p className="door-soft">
        Password lost? Run <code>ashlar admin reset-password</code> on the server.
      </p>
    </Door>
  );
}
