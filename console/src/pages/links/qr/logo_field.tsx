import { deleteQrLogo, putQrLogo } from '../../../api/link_qr';
import { useAction } from '../../../lib/use_action';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { FileField } from '../../../ui/file_field';

interface LogoFieldProps {
  onPut: () => void;
  onRemoved: () => void;
}

/** The picture that stands in the middle of the tenant's QR codes. */
export function LogoField({ onPut, onRemoved }: LogoFieldProps) {
  const { tenant } = useTenant();
  const putting = useAction<File>({
    run: (file) => putQrLogo(tenant, file),
    done: () => 'The logo is kept.',
    changes: [],
  });
  const removing = useAction({
    run: () => deleteQrLogo(tenant),
    done: () => 'The logo is gone.',
    changes: [],
  });
  return (
    <div className="qr-logo">
      <FileField
        label="Another logo, for all links of this tenant"
        hint="A PNG of at most 64 KiB and 512 × 512 pixels"
        accept=".png,image/png"
        onChange={(file) => {
          if (file !== null) putting.mutate(file, { onSuccess: onPut });
        }}
      />
      <Button
        onPress={() => removing.mutate(undefined, { onSuccess: onRemoved })}
        isPending={removing.isPending}
      >
        Take it away
      </Button>
    </div>
  );
}
