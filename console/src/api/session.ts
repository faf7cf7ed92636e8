import { call } from './http';

export interface Session {
  authenticated: boolean;
  /** False until an admin password has been set through the one-time link. */
  claimed: boolean;
  version: string;
}

export const kMinPasswordLength = 10;

export async function getSession(signal?: AbortSignal): Promise<Session> {
  return (await call<Session>('GET', '/v1/admin/session', { signal })).data;
}

export async function claim(token: string, password: string): Promise<Session> {
  return (await call<Session>('POST', '/v1/admin/claim', { body: { token, password } })).data;
}

export async function signIn(password: string): Promise<Session> {
  return (await call<Session>('POST', '/v1/admin/session', { body: { password } })).data;
}

export async function signOut(): Promise<void> {
  await call<undefined>('DELETE', '/v1/admin/session');
}
