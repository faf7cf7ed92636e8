import { useState } from 'react';
import type { Bucket } from '../../api/clicks';
import { formatHour, formatUtcDay } from '../../lib/time';
import { Chart } from '../../ui/chart';
import { joints } from '../../ui/chart_scale';
import './click_chart.css';

interface ClickChartProps {
  buckets: Bucket[];
  unit: 'hour' | 'day';
}

const kSpan = { hour: 'the last 48 hours', day: 'the last 90 days, in UTC' };
const kLabelEvery = { hour: 12, day: 15 };

function clickCount(clicks: number): string {
  return `${clicks.toLocaleString('en')} ${clicks === 1 ? 'click' : 'clicks'}`;
}

function Numbers({ buckets, name }: { buckets: Bucket[]; name: (b: Bucket) => string }) {
  const busy = buckets.filter((bucket) => bucket.clicks > 0).reverse();
  return (
    <details className="chart-numbers">
      <summary>Numbers</summary>
      {busy.length === 0 && <p>No clicks in this time.</p>}
      {busy.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Clicks</th>
            </tr>
          </thead>
          <tbody>
            {busy.map((bucket) => (
              <tr key={bucket.start}>
                <th scope="row">{name(bucket)}</th>
                <td className="numeric">{bucket.clicks.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

export function ClickChart({ buckets, unit }: ClickChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const lines = joints(Math.max(0, ...buckets.map((bucket) => bucket.clicks)));
  const top = lines.at(-1) ?? 1;
  const sum = buckets.reduce((total, bucket) => total + bucket.clicks, 0);
  const name = (bucket: Bucket) =>
    unit === 'hour' ? formatHour(bucket.start) : formatUtcDay(bucket.start);
  const shown = pointed === null ? undefined : buckets[pointed];
  const last = buckets.length - 1;
  const times = buckets.flatMap((bucket, index) =>
    (last - index) % kLabelEvery[unit] === 0
      ? [{ at: index === last ? 1 : (index + 0.5) / buckets.length, name: name(bucket) }]
      : [],
  );

  return (
    <>
      <Chart
        label={`Clicks by ${unit}: ${clickCount(sum)} in ${kSpan[unit]}`}
        caption={
          <>
            <strong className="numeric">{clickCount((shown ?? { clicks: sum }).clicks)}</strong>{' '}
            {shown ? `· ${name(shown)}` : `in ${kSpan[unit]}`}
          </>
        }
        columns={buckets.length}
        lines={lines}
        times={times}
        onPoint={setPointed}
      >
        {buckets.map((bucket, index) => (
          <rect
            key={bucket.start}
            className="chart-bar"
            data-clicks={bucket.clicks}
            data-latest={index === last || undefined}
            data-pointed={index === pointed || undefined}
            x={index + 0.09}
            y={0}
            width={0.82}
            height={100}
            style={{ transform: `scaleY(${bucket.clicks / top})` }}
          />
        ))}
      </Chart>
      <Numbers buckets={buckets} name={name} />
    </>
  );
}
