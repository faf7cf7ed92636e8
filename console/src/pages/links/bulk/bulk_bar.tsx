import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { updateFound, updateLinks, type BulkResult, type BulkSet } from '../../../api/link_bulk';
import type { LinkFilter } from '../../../api/links';
import { linkKeys } from '../../../lib/links_cache';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { Modal } from '../../../ui/modal';
import { toast } from '../../../ui/toast';
import type { Selection } from './selection';
import { TagForm } from './tag_form';
import './bulk_bar.css';

interface BulkBarProps {
  selection: Selection;
  filter: LinkFilter;
  /** There are more than those in sight, and all in sight are chosen. */
  canTakeEverything: boolean;
}

const links = (n: number) => `${formatCount(n)} ${n === 1 ? 'link' : 'links'}`;

function wordsOf({ changed, unchanged, refused }: BulkResult): string {
  const parts = [
    `${links(changed)} changed`,
    unchanged > 0 ? `${formatCount(unchanged)} ${unchanged === 1 ? 'was' : 'were'} so already` : '',
    refused > 0 ? `${formatCount(refused)} refused` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}

/** What is done to many at once. */
export function BulkBar({ selection, filter, canTakeEverything }: BulkBarProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [tagging, setTagging] = useState<'add' | 'remove' | null>(null);
  const [asked, setAsked] = useState<BulkSet | null>(null);
  const { names, everything } = selection;

  const run = async (set: BulkSet) => {
    const done = everything
      ? await updateFound(tenant, filter, set)
      : await updateLinks(tenant, [...names.values()], set);
    selection.clear();
    toast(done.refused > 0 ? 'bad' : 'good', wordsOf(done));
    void client.invalidateQueries({ queryKey: linkKeys.tags(tenant) });
    await client.invalidateQueries({ queryKey: linkKeys.lists(tenant) });
  };
  const changing = useMutation({
    mutationFn: run,
    onError: (error) => toast('bad', error.message),
  });
  // Those that nobody has seen are changed only after a question.
  const change = (set: BulkSet) => {
    if (everything) setAsked(set);
    else changing.mutate(set);
  };
  if (!everything && names.size === 0) return null;
  const button = { small: true, isPending: changing.isPending };
  return (
    <div className="bulk-bar" role="toolbar" aria-label="Chosen links">
      <strong role="status">{everything ? 'All that match' : `${links(names.size)} chosen`}</strong>
      {canTakeEverything && !everything && (
        <Button small look="bare" onPress={selection.takeEverything}>
          Choose all that match
        </Button>
      )}
      <span className="bulk-bar-actions">
        <Button {...button} onPress={() => change({ enabled: true })}>
          Enable
        </Button>
        <Button {...button} onPress={() => change({ enabled: false })}>
          Disable
        </Button>
        {filter.archived === true ? (
          <Button {...button} onPress={() => change({ archived: false })}>
            Take out of the archive
          </Button>
        ) : (
          <Button {...button} onPress={() => change({ archived: true })}>
            Archive
          </Button>
        )}
        <Button {...button} onPress={() => setTagging('add')}>
          Add tag
        </Button>
        <Button {...button} onPress={() => setTagging('remove')}>
          Remove tag
        </Button>
        <Button small look="bare" onPress={selection.clear}>
          Choose none
        </Button>
      </span>
      <Modal
        title={tagging === 'remove' ? 'Remove a tag' : 'Add a tag'}
        isOpen={tagging !== null}
        onClose={() => setTagging(null)}
      >
        {tagging !== null && (
          <TagForm
            action={tagging === 'add' ? 'Add' : 'Remove'}
            onClose={() => setTagging(null)}
            onTag={(tag) =>
              change(tagging === 'add' ? { tags_add: [tag] } : { tags_remove: [tag] })
            }
          />
        )}
      </Modal>
      <Confirm
        title="Change all links that match?"
        isOpen={asked !== null}
        action="Change all"
        keep="Cancel"
        run={() => run(asked ?? {})}
        onClose={() => setAsked(null)}
      >
        Also those that are not in sight. It is done in steps of 1,000, newest first.
      </Confirm>
    </div>
  );
}
