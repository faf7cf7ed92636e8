// Who may see what: the state of the session decides between the front door and the frame.
//
//   unclaimed --ClaimPage--> signed in
//   signed in --sign out, or any 401--> signed out --SignInPage--> signed in
import { useQuery } from '@tanstack/react-query';
import { getSession } from '../api/session';
import { kSessionKey } from '../lib/query_client';
import { parseRoute, useHash } from '../lib/router';
import { ClaimPage } from '../pages/claim_page';
import { SignInPage } from '../pages/sign_in_page';
import { UnclaimedPage } from '../pages/unclaimed_page';
import { Button } from '../ui/button';
import { ErrorNotice } from '../ui/notice';
import { Toasts } from '../ui/toast';
import { Frame } from './frame';
import { Door } from './door';

function View() {
  const route = parseRoute(useHash());
  const session = useQuery({
    queryKey: kSessionKey,
    queryFn: ({ signal }) => getSession(signal),
    staleTime: 60_000,
  });

  if (session.isError && !session.data) {
    const again = <Button onPress={() => void session.refetch()}>Try again</Button>;
    return (
      <Door title="No answer">
        <ErrorNotice error={session.error} onRetry={again} />
      </Door>
    );
  }
  if (!session.data) return null; // A few milliseconds: a spinner would only flicker.
  if (route.page === 'claim') return <ClaimPage token={route.token} session={session.data} />;
  if (!session.data.claimed) return <UnclaimedPage />;
  if (!session.data.authenticated) return <SignInPage />;
  return <Frame route={route} version={session.data.version} />;
}

export function App() {
  return (
    <>
      <View />
      <Toasts />
    </>
  );
}
