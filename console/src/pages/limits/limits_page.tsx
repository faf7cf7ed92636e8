import { useState } from 'react';
import { Button } from '../../ui/button';
import { Page } from '../../ui/page';
import { Views } from '../../ui/views';
import { EditJson } from './edit_json';
import { EditRule, type Editing } from './edit_rule';
import { kViews, readView, viewHref, type View } from './limits_view';
import { OwnView } from './own_view';
import { RulesView } from './rules_view';
import { ShadowView } from './shadow_view';
import { TesterView } from './tester_view';
import { VersionsView } from './versions_view';

function Content({ view, onEdit }: { view: View; onEdit: (editing: Editing) => void }) {
  switch (view) {
    case 'rules':
      return <RulesView onEdit={onEdit} />;
    case 'tester':
      return <TesterView />;
    case 'shadow':
      return <ShadowView onEdit={onEdit} />;
    case 'versions':
      return <VersionsView />;
    case 'own':
      return <OwnView />;
  }
}

export function LimitsPage({ query }: { query: string }) {
  const view = readView(query);
  const [editing, setEditing] = useState<Editing | null>(null);
  const [asJson, setAsJson] = useState(false);
  return (
    <Page
      title="Limits"
      lead="How much of what may be asked for, by whom: your services ask, the rules answer."
      actions={
        <>
          <Button onPress={() => setAsJson(true)}>Edit as JSON</Button>
          <Button look="primary" onPress={() => setEditing({ rule: null })}>
            New rule
          </Button>
        </>
      }
    >
      <Views value={view} options={kViews} hrefOf={viewHref} />
      <Content view={view} onEdit={setEditing} />
      <EditRule editing={editing} onClose={() => setEditing(null)} />
      <EditJson isOpen={asJson} onClose={() => setAsJson(false)} />
    </Page>
  );
}
