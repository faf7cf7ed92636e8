import { Suspense, lazy, useState } from 'react';
import type { LinkName } from '../../api/links';
import { hasStatus } from '../../api/problem';
import { hrefs } from '../../lib/router';
import { Button } from '../../ui/button';
import { Course, Page } from '../../ui/page';
import { Views } from '../../ui/views';
import { ClicksView } from './clicks_view';
import { EditLink } from './edit_link';
import { EnableSwitch } from './enable_switch';
import { SectionLoading } from './section_loading';
import { kViews, linkHref, nameIn, readView, type View } from './link_view';
import { QrDialog } from './qr/qr_dialog';
import { useLink } from './use_link';
import './link_page.css';

const LinkAnalyticsView = lazy(async () => ({
  default: (await import('./links_sections')).LinkAnalyticsView,
}));
const FlagNotice = lazy(async () => ({
  default: (await import('./links_sections')).FlagNotice,
}));
const RulesView = lazy(async () => ({
  default: (await import('./links_sections')).RulesView,
}));
const SettingsView = lazy(async () => ({
  default: (await import('./links_sections')).SettingsView,
}));

interface ContentProps {
  view: View;
  name: LinkName;
  query: string;
}

function Content({ view, name, query }: ContentProps) {
  switch (view) {
    case 'clicks':
      return <ClicksView name={name} />;
    case 'analytics':
      return <LinkAnalyticsView name={name} query={query} />;
    case 'rules':
      return <RulesView name={name} />;
    case 'settings':
      return <SettingsView name={name} />;
  }
}

function NotFound({ name }: { name: LinkName }) {
  return (
    <Page title="No such link">
      <Course>
        <p>
          This tenant has no link <code>{name.code}</code>
          {name.domain !== null && ` on ${name.domain}`}. Another tenant may have it: switch at the
          top of the page, or <a href={hrefs.links}>go to the links</a>.
        </p>
      </Course>
    </Page>
  );
}

type Dialog = 'edit' | 'qr';

export function LinkPage({ code, query }: { code: string; query: string }) {
  const name = nameIn(code, query);
  const view = readView(query);
  const [open, setOpen] = useState<Dialog | null>(null);
  const answer = useLink(name);
  const link = answer.data?.data;
  const close = () => setOpen(null);

  if (hasStatus(answer.error, 404)) return <NotFound name={name} />;
  const actions = link && (
    <>
      <EnableSwitch link={link} showLabel />
      <Button onPress={() => setOpen('qr')}>QR code</Button>
      <Button onPress={() => setOpen('edit')}>Edit</Button>
    </>
  );
  return (
    <Page
      title={link?.title ?? code}
      crumb={<a href={hrefs.links}>All links</a>}
      lead={link ? <span title={link.url}>→ {link.url}</span> : '…'}
      actions={actions}
    >
      <Views value={view} options={kViews} hrefOf={(next) => linkHref(name, next)} />
      <Suspense fallback={null}>
        <FlagNotice name={name} />
      </Suspense>
      <Suspense fallback={<SectionLoading />}>
        <Content view={view} name={name} query={query} />
      </Suspense>
      <EditLink name={open === 'edit' ? name : null} onClose={close} />
      <QrDialog name={open === 'qr' ? name : null} onClose={close} />
    </Page>
  );
}
