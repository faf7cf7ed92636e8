import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { isAbort } from '../../../api/http';
import { exportPart } from '../../../api/link_imports';
import { saveFile } from '../../../lib/download';
import { formatBytes } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { CheckBox } from '../../../ui/check_box';
import { ErrorNotice } from '../../../ui/notice';
import { Course } from '../../../ui/page';

const today = () => new Date().toISOString().slice(0, 10);

/** All links of the tenant as a file, page after page. */
export function ExportLinks() {
  const { tenant } = useTenant();
  const [withHashes, setWithHashes] = useState(false);
  const [bytes, setBytes] = useState(0);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const saving = useMutation({
    mutationFn: async () => {
      const controller = new AbortController();
      abort.current = controller;
      setBytes(0);
      const parts: Blob[] = [];
      let next: string | null = null;
      do {
        const page = await exportPart(tenant, withHashes, next, controller.signal);
        parts.push(page.part);
        setBytes((before) => before + page.part.size);
        next = page.next;
      } while (next !== null);
      return new Blob(parts, { type: 'application/x-ndjson' });
    },
    onSuccess: (file) => saveFile(`links-${tenant}-${today()}.jsonl`, file),
  });
  return (
    <Course title="Export">
      <p className="export-about">
        All links of this tenant with their settings and counts, an object a line: to keep, or to
        import into another installation. Domains are not in it.
      </p>
      <ErrorNotice error={isAbort(saving.error) ? null : saving.error} />
      <div className="export-line">
        <Button onPress={() => saving.mutate()} isPending={saving.isPending}>
          Export all links
        </Button>
        {saving.isPending ? (
          <>
            <span role="status" className="numeric">
              {formatBytes(bytes)} so far
            </span>
            <Button small onPress={() => abort.current?.abort()}>
              Stop
            </Button>
          </>
        ) : (
          <CheckBox isSelected={withHashes} onChange={setWithHashes}>
            With hashes of passwords, so that protected links move too
          </CheckBox>
        )}
      </div>
    </Course>
  );
}
