import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { testTemplate } from '../../../api/notification_templates';
import type { Channel } from '../../../api/notifications';
import { fieldErrorsOf } from '../../../api/problem';
import { go } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice } from '../../../ui/notice';
import { SelectField } from '../../../ui/select_field';
import { TextAreaField } from '../../../ui/text_area_field';
import { AddressFields, kNoAddress, toOf } from '../address_fields';
import { readObject } from '../json_field';
import { channelOptions } from '../notification_words';
import { places } from '../places';
import type { Reader } from './preview';

interface TestProps {
  templateKey: string;
  /** Of the preview: what was looked at is what is sent. */
  reader: Reader;
  onClose: () => void;
}

function TestForm({ templateKey, reader, onClose }: TestProps) {
  const { tenant } = useTenant();
  const [to, setTo] = useState({ ...kNoAddress, kind: 'email' as const, address: '' });
  const [channel, setChannel] = useState<Channel>('email');
  const [data, setData] = useState(reader.data);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const sending = useMutation({
    mutationFn: () =>
      testTemplate(tenant, templateKey, {
        to: toOf(to),
        channel,
        locale: reader.locale,
        data: readObject(data).value ?? {},
      }),
    onSuccess: ({ id }) => {
      onClose();
      go(places.message(id));
    },
  });
  const errors = { ...fieldErrorsOf(sending.error, { recipient_not_found: 'to' }), ...wrong };
  const reset = () => {
    if (sending.isError) sending.reset();
    setWrong({});
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        const bad = readObject(data).wrong;
        if (bad === null) sending.mutate();
        else setWrong({ data: bad });
      }}
    >
      <p className="modal-text">
        The live version, sent as any other message: wishes, hours and suppression hold.
      </p>
      <ErrorNotice error={sending.error} shownAtFields={errors} />
      <AddressFields
        draft={to}
        onChange={(next) => {
          reset();
          setTo(next as typeof to);
        }}
      />
      <SelectField
        label="Channel"
        value={channel}
        options={channelOptions}
        onChange={(next) => setChannel(next as Channel)}
      />
      <TextAreaField
        label="Data"
        name="data"
        rows={6}
        value={data}
        onChange={(next) => {
          reset();
          setData(next);
        }}
      />
      <ModalActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isPending={sending.isPending}>
          Send it
        </Button>
      </ModalActions>
    </Form>
  );
}

export function TestTemplate({ isOpen, ...props }: TestProps & { isOpen: boolean }) {
  return (
    <Modal title="Send a test" isOpen={isOpen} onClose={props.onClose}>
      {isOpen && <TestForm {...props} />}
    </Modal>
  );
}
