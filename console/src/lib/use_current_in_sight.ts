import { useLayoutEffect, useRef } from 'react';

/** Of a row of links that scrolls sideways on a phone: where one is must be in sight. */
export function useCurrentInSight<T extends HTMLElement>(current: string) {
  const row = useRef<T>(null);
  useLayoutEffect(() => {
    const box = row.current;
    const link = box?.querySelector<HTMLElement>('[aria-current=page]');
    if (!box || !link || box.scrollWidth <= box.clientWidth) return;
    box.scrollLeft = link.offsetLeft - (box.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return row;
}
