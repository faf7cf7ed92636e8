import { useEffect, type ReactNode } from 'react';
import { Mark } from './mark';
import './door.css';

/** The page in front of the frame: one block set in a wall. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Ashlar`;
  }, [title]);

  return (
    <div className="door">
      <svg className="door-wall" aria-hidden="true">
        <defs>
          <pattern id="bond" width="160" height="112" patternUnits="userSpaceOnUse">
            <path d="M0 .5h160M0 56.5h160M40.5 0v56M120.5 56v56M0 112" />
          </pattern>
        </defs>
        <rect width="100%" height="100%" fill="url(#bond)" />
      </svg>
      <main className="door-block">
        <p className="door-name">
          <Mark /> Ashlar
        </p>
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
