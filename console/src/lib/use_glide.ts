// Rows that glide to their new rank (FLIP: their first place, their last, and the way between
// played backwards as a transform), and bars that grow to their new length.
//
// Not CSS transitions: a row that changes its rank is taken out of the document and put in again
// further up, and a transition does not survive that. Animations started by a script do, and one
// that is still under way is where the next begins, so that a row overtaken twice never jumps.
import { useLayoutEffect, useRef, type RefObject } from 'react';

const kTiming = { duration: 420, easing: 'cubic-bezier(0.2, 0.8, 0.3, 1)' };

interface Rest {
  /** Where the element comes to rest: a row's top in pixels, a bar's length from 0 to 1. */
  at: number;
  motion: Animation | undefined;
}

interface Move {
  element: HTMLElement;
  from: number;
  to: number;
}

const kLength = 'data-length';

function lengthOf(bar: HTMLElement): number {
  return Number(bar.getAttribute(kLength));
}

function matrixOf(element: HTMLElement): DOMMatrixReadOnly {
  return new DOMMatrixReadOnly(getComputedStyle(element).transform);
}

function isUnderWay(rest: Rest): boolean {
  return rest.motion?.playState === 'running';
}

class Glide {
  private readonly rests = new WeakMap<HTMLElement, Rest>();
  private width = 0;

  /** All is read before anything is written: one layout for the whole board. */
  update(container: HTMLElement): void {
    // After a change of the width every row is elsewhere without having changed its rank.
    const sameWidth = container.offsetWidth === this.width;
    this.width = container.offsetWidth;
    const moves = sameWidth && !matchMedia('(prefers-reduced-motion: reduce)').matches;

    const rows = [...container.children].filter((row) => row instanceof HTMLElement);
    const bars = [...container.querySelectorAll<HTMLElement>(`[${kLength}]`)];
    const rowMoves = rows.map((row) => this.read(row, row.offsetTop, (m, at) => at + m.m42));
    const barMoves = bars.map((bar) => this.read(bar, lengthOf(bar), (m) => m.m11));

    for (const { element, from, to } of rowMoves) {
      const start = from === to ? null : `translateY(${from - to}px)`;
      // Who rises passes in front of those that make room.
      this.play(element, moves, to, start, from > to ? 1 : 0);
    }
    for (const { element, from, to } of barMoves) {
      this.play(element, moves, to, from === to ? null : `scaleX(${from})`, 0);
    }
  }

  private read(
    element: HTMLElement,
    to: number,
    seenAt: (matrix: DOMMatrixReadOnly, rest: number) => number,
  ): Move {
    const rest = this.rests.get(element);
    if (!rest) return { element, from: to, to };
    const from = isUnderWay(rest) ? seenAt(matrixOf(element), rest.at) : rest.at;
    return { element, from, to };
  }

  private play(
    element: HTMLElement,
    moves: boolean,
    at: number,
    from: string | null,
    zIndex: number,
  ): void {
    const old = this.rests.get(element);
    // Where it is going already it goes on going: starting anew would slow it down.
    if (old?.at === at && isUnderWay(old)) return;
    old?.motion?.cancel();
    const motion =
      moves && from !== null
        ? element.animate([{ transform: from, zIndex, offset: 0 }, { zIndex }], kTiming)
        : undefined;
    this.rests.set(element, { at, motion });
  }
}

/**
 * Of the container's children and of all [data-length] in it; such a bar's own transform is
 * scaleX(its length). After every render, since any may have changed the order.
 */
export function useGlide(container: RefObject<HTMLElement | null>): void {
  const glide = useRef<Glide>(null);
  useLayoutEffect(() => {
    glide.current ??= new Glide();
    if (container.current) glide.current.update(container.current);
  });
}
