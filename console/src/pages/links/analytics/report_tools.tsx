import { useMutation } from '@tanstack/react-query';
import { exportReport, type ReportRange, type Scope } from '../../../api/link_analytics';
import { saveFile } from '../../../lib/download';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { CheckBox } from '../../../ui/check_box';
import { Segmented } from '../../../ui/segmented';
import { SelectField } from '../../../ui/select_field';
import { TextField } from '../../../ui/text_field';
import { toast } from '../../../ui/toast';
import { dayOf, kSpans, ownZone, type Choice } from './report_range';
import './report_tools.css';

interface RangeToolsProps {
  choice: Choice;
  onChange: (choice: Choice) => void;
}

const kMonthMs = 30 * 86_400_000;

export function RangeTools({ choice, onChange }: RangeToolsProps) {
  const set = (change: Partial<Choice>) => onChange({ ...choice, ...change });
  const spanned = (span: Choice['span']) => {
    if (span !== 'own' || choice.from !== '') {
      set({ span });
      return;
    }
    const nowMs = Date.now();
    set({ span, from: dayOf(nowMs - kMonthMs), to: dayOf(nowMs) });
  };
  return (
    <div className="report-tools">
      <Segmented label="Time" value={choice.span} options={kSpans} onChange={spanned} />
      {choice.span === 'own' && (
        <div className="report-days">
          <TextField
            label="From"
            type="date"
            value={choice.from}
            onChange={(from) => set({ from })}
          />
          <TextField label="To" type="date" value={choice.to} onChange={(to) => set({ to })} />
        </div>
      )}
      {ownZone() !== 'UTC' && (
        <div className="field-inline">
          <SelectField
            label="Days in"
            value={choice.utc ? 'utc' : 'own'}
            options={[
              { value: 'own', label: ownZone() },
              { value: 'utc', label: 'UTC' },
            ]}
            onChange={(zone) => set({ utc: zone === 'utc' })}
          />
        </div>
      )}
      <CheckBox isSelected={choice.bots} onChange={(bots) => set({ bots })}>
        With bots
      </CheckBox>
    </div>
  );
}

export function ExportButtons({ scope, range }: { scope: Scope; range: ReportRange }) {
  const { tenant } = useTenant();
  const saving = useMutation({
    mutationFn: (format: 'csv' | 'jsonl') => exportReport(tenant, scope, range, format),
    onSuccess: (file, format) => saveFile(`link-analytics.${format}`, file),
    onError: (error) => toast('bad', error.message),
  });
  return (
    <>
      <Button small onPress={() => saving.mutate('csv')} isPending={saving.isPending}>
        Export CSV
      </Button>
      <Button small onPress={() => saving.mutate('jsonl')} isPending={saving.isPending}>
        Export JSONL
      </Button>
    </>
  );
}
