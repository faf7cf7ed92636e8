import type { ReactNode } from 'react';
import { useCurrentInSight } from '../../lib/use_current_in_sight';
import { Page } from '../../ui/page';
import { kSections, places, type Section } from './places';
import './section_page.css';

const kLeads: Record<Section, string> = {
  '': 'What people were told, by which channel, and what became of it.',
  campaigns: 'One message for many, and what became of each of them.',
  inbox: 'What your app shows its users, as they see it.',
  templates: 'What messages say, by language and channel.',
  recipients: 'Who can be told, where, and what they want to hear.',
  rules: 'Who is told what when something happens.',
  providers: 'The services that carry messages, and how they are.',
  'dead-letters': 'What failed for good, until you mend it and send it again.',
  caught: 'What would have been sent, had its channel a provider.',
};

function SectionNav({ section }: { section: Section }) {
  const row = useCurrentInSight<HTMLElement>(section);
  return (
    <nav className="section-nav" aria-label="Notifications" ref={row}>
      {kSections.map(({ name, label }) => (
        <a
          key={name}
          href={places.section(name)}
          aria-current={name === section ? 'page' : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}

interface SectionPageProps {
  section: Section;
  actions?: ReactNode;
  children: ReactNode;
}

/** One of the parts of notifications; they stay in their places while one goes from part to part. */
export function SectionPage({ section, actions, children }: SectionPageProps) {
  return (
    <Page title="Notifications" lead={kLeads[section]} actions={actions}>
      <SectionNav section={section} />
      {children}
    </Page>
  );
}
