// Which page of notifications an address means. Loaded when one of them is opened.
import { EmptyState } from '../../ui/empty_state';
import { Course, Page } from '../../ui/page';
import { hrefs } from '../../lib/router';
import { CampaignPage } from './campaigns/campaign_page';
import { CampaignsView } from './campaigns/campaigns_view';
import { CaughtView } from './caught/caught_view';
import { InboxPage } from './inbox/inbox_page';
import { InboxesView } from './inbox/inboxes_view';
import { LettersView } from './letters/letters_view';
import { MessagePage } from './messages/message_page';
import { MessagesView } from './messages/messages_view';
import { WhyPage } from './messages/why_page';
import { ProviderPage } from './providers/provider_page';
import { ProvidersView } from './providers/providers_view';
import { RecipientPage } from './recipients/recipient_page';
import { RecipientsSection } from './recipients/recipients_section';
import { TopicPage } from './recipients/topic_page';
import { RulesView } from './rules/rules_view';
import { TemplatePage } from './templates/template_page';
import { TemplatesView } from './templates/templates_view';

interface Address {
  section: string;
  item: string;
  query: string;
}

function One({ section, item, query }: Address) {
  switch (section) {
    case 'campaigns':
      return <CampaignPage key={item} id={item} query={query} />;
    case 'messages':
      return <MessagePage key={item} id={item} />;
    case 'inbox':
      return <InboxPage key={item} user={item} query={query} />;
    case 'templates':
      return <TemplatePage key={item} templateKey={item} query={query} />;
    case 'recipients':
      return <RecipientPage key={item} user={item} />;
    case 'topics':
      return <TopicPage key={item} name={item} />;
    case 'providers':
      return <ProviderPage key={item} id={item} />;
    default:
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <Page title="No such page">
      <Course>
        <EmptyState title="This address leads nowhere">
          <p>
            Go to <a href={hrefs.notifications}>the notifications</a>.
          </p>
        </EmptyState>
      </Course>
    </Page>
  );
}

export function NotificationsSection({ section, item, query }: Address) {
  if (item !== '') return <One section={section} item={item} query={query} />;
  switch (section) {
    case '':
      return <MessagesView query={query} />;
    case 'campaigns':
      return <CampaignsView query={query} />;
    case 'why':
      return <WhyPage query={query} />;
    case 'inbox':
      return <InboxesView />;
    case 'templates':
      return <TemplatesView />;
    case 'recipients':
      return <RecipientsSection query={query} />;
    case 'rules':
      return <RulesView />;
    case 'providers':
      return <ProvidersView />;
    case 'dead-letters':
      return <LettersView query={query} />;
    case 'caught':
      return <CaughtView query={query} />;
    default:
      return <Nowhere />;
  }
}
