import { useState } from 'react';
import { Button } from '../../../ui/button';
import { Views } from '../../../ui/views';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { CategoriesView } from './categories_view';
import { EditCategory } from './edit_category';
import { EditSegment } from './edit_segment';
import { NewRecipient } from './new_recipient';
import { NewSuppression } from './new_suppression';
import { NewTopic } from './new_topic';
import { PeopleView } from './people_view';
import { SegmentsView } from './segments_view';
import { SuppressionsView } from './suppressions_view';
import { TopicsView } from './topics_view';

const kViews = [
  { value: 'people', label: 'People' },
  { value: 'topics', label: 'Topics' },
  { value: 'segments', label: 'Segments' },
  { value: 'categories', label: 'Categories' },
  { value: 'suppressed', label: 'Suppressed' },
] as const;
type View = (typeof kViews)[number]['value'];

const kNew: Record<View, string> = {
  people: 'New recipient',
  topics: 'New topic',
  segments: 'New segment',
  categories: 'New category',
  suppressed: 'Suppress an address',
};

function readView(query: string): View {
  const wanted = new URLSearchParams(query).get('view');
  return kViews.find(({ value }) => value === wanted)?.value ?? 'people';
}

export function RecipientsSection({ query }: { query: string }) {
  const view = readView(query);
  const [creating, setCreating] = useState<View | null>(null);
  const close = () => setCreating(null);
  return (
    <SectionPage
      section="recipients"
      actions={
        <Button look="primary" onPress={() => setCreating(view)}>
          {kNew[view]}
        </Button>
      }
    >
      <div className="sub-views">
        <Views
          value={view}
          options={kViews}
          hrefOf={(next) => places.recipients(next === 'people' ? undefined : next)}
        />
      </div>
      {view === 'people' && <PeopleView />}
      {view === 'topics' && <TopicsView />}
      {view === 'segments' && <SegmentsView />}
      {view === 'categories' && <CategoriesView />}
      {view === 'suppressed' && <SuppressionsView />}
      <NewRecipient isOpen={creating === 'people'} onClose={close} />
      <NewTopic isOpen={creating === 'topics'} onClose={close} />
      <EditSegment segment={null} isOpen={creating === 'segments'} onClose={close} />
      <EditCategory category={null} isOpen={creating === 'categories'} onClose={close} />
      <NewSuppression isOpen={creating === 'suppressed'} onClose={close} />
    </SectionPage>
  );
}
