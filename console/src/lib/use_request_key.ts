import { useRef } from 'react';

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * An Idempotency-Key for what moves money: the same for the same request, so that pressing twice,
 * or again after a lost answer, moves it once. Another one for another amount.
 */
export function useRequestKey(): (request: unknown) => string {
  const last = useRef({ request: '', key: '' });
  return (request) => {
    const text = JSON.stringify(request);
    if (last.current.key === '' || last.current.request !== text) {
      last.current = { request: text, key: newKey() };
    }
    return last.current.key;
  };
}
