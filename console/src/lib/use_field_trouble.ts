// Whether a long form was not sent because of one of its fields: that is said beside its button,
// for the field may be out of sight, and its own words with it.
import { useEffect, useState, type RefObject } from 'react';

/** `errors`: what the server said of its fields, by their names; `error`: of which answer. */
export function useFieldTrouble(
  form: RefObject<HTMLFormElement | null>,
  error: unknown,
  errors: Record<string, string>,
) {
  const [isRefused, setRefused] = useState(false);
  const hasErrors = Object.keys(errors).length > 0;

  useEffect(() => {
    // What the browser refuses gets the focus from the form; what the server refuses, here.
    if (hasErrors) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, error, hasErrors]);

  return {
    isTrouble: isRefused || hasErrors,
    onInvalid: () => {
      setRefused(true);
      // The form gives its first wrong field the focus, but leaves it where it is.
      requestAnimationFrame(() => {
        const field = document.activeElement;
        if (form.current?.contains(field)) field?.scrollIntoView({ block: 'center' });
      });
    },
    edited: () => setRefused(false),
  };
}
