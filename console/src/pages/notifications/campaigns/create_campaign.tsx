import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { createCampaign } from '../../../api/campaigns';
import { fieldErrorsOf } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import { campaignOf, kNewCampaign, wrongIn, type CampaignDraft } from './campaign_draft';
import { AudienceStep, MessageStep, PaceStep } from './campaign_steps';
import './campaigns.css';

const kSteps = [
  { title: 'What it says', Fields: MessageStep },
  { title: 'Whom', Fields: AudienceStep },
  { title: 'How', Fields: PaceStep },
] as const;

function CreateForm({ onClose }: { onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(kNewCampaign);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [at, setAt] = useState(0);
  const making = useMutation({
    mutationFn: () => createCampaign(tenant, campaignOf(draft)),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: notificationKeys.campaigns(tenant) });
      onClose();
      go(places.campaign(id));
    },
  });
  const errors = { ...fieldErrorsOf(making.error), ...wrong };
  const set = (change: Partial<CampaignDraft>) => {
    if (making.isError) making.reset();
    setWrong({});
    setDraft((old) => ({ ...old, ...change }));
  };
  const isLast = at === kSteps.length - 1;
  const step = kSteps[at] ?? kSteps[0];
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = wrongIn(draft);
        setWrong(bad);
        if (Object.keys(bad).length > 0) return;
        if (isLast) making.mutate();
        else setAt(at + 1);
      }}
    >
      <p className="modal-text">
        {at + 1} of {kSteps.length}: {step.title}
      </p>
      {/* Said whole: its field may stand on another step. */}
      <ErrorNotice error={making.error} />
      <step.Fields draft={draft} set={set} />
      <ModalActions>
        {at === 0 ? (
          <Button onPress={onClose}>Cancel</Button>
        ) : (
          <Button onPress={() => setAt(at - 1)}>Back</Button>
        )}
        <Button look="primary" type="submit" isPending={making.isPending}>
          {isLast ? 'Make draft' : 'Next'}
        </Button>
      </ModalActions>
    </Form>
  );
}

export function CreateCampaign({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New campaign" isOpen={isOpen} onClose={onClose}>
      {isOpen && <CreateForm onClose={onClose} />}
    </Modal>
  );
}
