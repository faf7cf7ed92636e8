import { useEffect, useRef, type ReactNode } from 'react';
import './page.css';

interface PageProps {
  title: string;
  /** What the page is for, in one sentence. */
  lead?: ReactNode;
  /** The way back up, above the title. */
  crumb?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

let firstPage = true;

export function Page({ title, lead, crumb, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = `${title} · Ashlar`;
  }, [title]);

  useEffect(() => {
    // A browser moves the focus when it loads a page; a page that changes in place must do so
    // itself, or a screen reader goes on reading where the old page was.
    if (!firstPage) heading.current?.focus();
    firstPage = false;
  }, []);

  return (
    <>
      <header className="page-head">
        <div>
          {crumb !== undefined && <p className="page-crumb">{crumb}</p>}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p className="page-lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface CourseProps {
  title?: string;
  /** Stands at the end of the title's line. */
  tools?: ReactNode;
  children: ReactNode;
}

/** One course of the wall: a section that runs the page's whole width. */
export function Course({ title, tools, children }: CourseProps) {
  return (
    <section className="course">
      {title !== undefined && (
        <div className="course-head">
          <h2>{title}</h2>
          {tools}
        </div>
      )}
      {children}
    </section>
  );
}
