import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getQr, kQrLevels } from '../../../api/link_qr';
import type { LinkName } from '../../../api/links';
import { hasReason } from '../../../api/problem';
import { saveFile } from '../../../lib/download';
import { useTenant } from '../../../lib/tenant';
import { useDebounced } from '../../../lib/use_debounced';
import { Button } from '../../../ui/button';
import { CheckBox } from '../../../ui/check_box';
import { ColorField } from '../../../ui/color_field';
import { Modal, ModalActions } from '../../../ui/modal';
import { ErrorNotice, Notice } from '../../../ui/notice';
import { SelectField } from '../../../ui/select_field';
import { Skeleton } from '../../../ui/skeleton';
import { LogoField } from './logo_field';
import { kFirstStyle, kMargins, kSizes, levelOptions, styleOf, type QrDraft } from './qr_style';
import './qr_dialog.css';

const kChoosingPauseMs = 200;

/** As an address: the server's policy for this page lets pictures come in that way only. */
async function dataUrlOf(svg: Blob): Promise<string> {
  return `data:image/svg+xml,${encodeURIComponent(await svg.text())}`;
}

function Preview({ name, draft }: { name: LinkName; draft: QrDraft }) {
  const { tenant } = useTenant();
  const style = styleOf(useDebounced(draft, kChoosingPauseMs));
  const picture = useQuery({
    queryKey: ['link-qr', tenant, name, style],
    queryFn: async ({ signal }) => dataUrlOf(await getQr(tenant, name, 'svg', style, signal)),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
    retry: (count, error) => !hasReason(error, 'logo_not_found') && count < 2,
  });
  const hasNoLogo = hasReason(picture.error, 'logo_not_found');
  return (
    <div className="qr-preview" data-transparent={draft.transparent || undefined}>
      {picture.isPending && <Skeleton rows={5} label="Drawing the QR code" />}
      {hasNoLogo && <Notice>There is no logo yet: choose one.</Notice>}
      {picture.isError && !hasNoLogo && <ErrorNotice error={picture.error} />}
      {picture.data && !picture.isError && (
        <img src={picture.data} alt={`QR code of ${name.code}`} width="240" height="240" />
      )}
    </div>
  );
}

interface FieldsProps {
  draft: QrDraft;
  set: (change: Partial<QrDraft>) => void;
}

function Fields({ draft, set }: FieldsProps) {
  return (
    <div className="qr-fields">
      <SelectField
        label="Size"
        value={draft.size}
        options={kSizes}
        onChange={(size) => set({ size })}
      />
      <SelectField
        label="Margin"
        value={draft.margin}
        options={kMargins}
        onChange={(margin) => set({ margin })}
      />
      <SelectField
        label="Error correction"
        {...(draft.logo ? { hint: 'With a logo it is H' } : {})}
        value={draft.logo ? 'H' : draft.level}
        options={draft.logo ? levelOptions.filter(({ value }) => value === 'H') : levelOptions}
        onChange={(level) => set({ level: kQrLevels.find((each) => each === level) ?? 'M' })}
      />
      <div className="qr-colors">
        <ColorField label="Modules" value={draft.color} onChange={(color) => set({ color })} />
        <ColorField
          label="Background"
          value={draft.background}
          isDisabled={draft.transparent}
          onChange={(background) => set({ background })}
        />
      </div>
      <CheckBox isSelected={draft.transparent} onChange={(transparent) => set({ transparent })}>
        Transparent background
      </CheckBox>
      <CheckBox isSelected={draft.logo} onChange={(logo) => set({ logo })}>
        Logo in the middle
      </CheckBox>
    </div>
  );
}

function Contents({ name, onClose }: { name: LinkName; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [draft, setDraft] = useState(kFirstStyle);
  const saving = useMutation({
    mutationFn: (format: 'svg' | 'png') => getQr(tenant, name, format, styleOf(draft)),
    onSuccess: (file, format) => saveFile(`${name.code}.${format}`, file),
  });
  const set = (change: Partial<QrDraft>) => {
    saving.reset();
    setDraft((old) => ({ ...old, ...change }));
  };
  return (
    <>
      <div className="qr">
        <Preview name={name} draft={draft} />
        <Fields draft={draft} set={set} />
      </div>
      {draft.logo && (
        <LogoField
          onPut={() => void client.invalidateQueries({ queryKey: ['link-qr', tenant] })}
          onRemoved={() => set({ logo: false })}
        />
      )}
      <ErrorNotice error={saving.error} />
      <ModalActions>
        <Button onPress={onClose}>Close</Button>
        <Button onPress={() => saving.mutate('svg')} isPending={saving.isPending}>
          Download SVG
        </Button>
        <Button look="primary" onPress={() => saving.mutate('png')} isPending={saving.isPending}>
          Download PNG
        </Button>
      </ModalActions>
    </>
  );
}

export function QrDialog({ name, onClose }: { name: LinkName | null; onClose: () => void }) {
  return (
    <Modal title={`QR code of ${name?.code ?? ''}`} isOpen={name !== null} onClose={onClose} wide>
      {name !== null && <Contents name={name} onClose={onClose} />}
    </Modal>
  );
}
