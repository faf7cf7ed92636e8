import { useId, useState } from 'react';
import type { Bucket } from '../../api/clicks';
import { formatHour, formatUtcDay } from '../../lib/time';
import { joints } from './chart_scale';
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

/** Clicks as stones laid up: the scale's lines cut through the bars like joints. */
export function ClickChart({ buckets, unit }: ClickChartProps) {
  const titleId = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const lines = joints(Math.max(0, ...buckets.map((bucket) => bucket.clicks)));
  const top = lines.at(-1) ?? 1;
  const sum = buckets.reduce((total, bucket) => total + bucket.clicks, 0);
  const name = (bucket: Bucket) =>
    unit === 'hour' ? formatHour(bucket.start) : formatUtcDay(bucket.start);
  const shown = pointed === null ? undefined : buckets[pointed];

  const point = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * buckets.length);
    setPointed(Math.min(buckets.length - 1, Math.max(0, index)));
  };

  return (
    <figure className="chart">
      <figcaption id={titleId} className="chart-caption">
        {shown ? (
          <>
            <strong className="numeric">{clickCount(shown.clicks)}</strong> · {name(shown)}
          </>
        ) : (
          <>
            <strong className="numeric">{clickCount(sum)}</strong> in {kSpan[unit]}
          </>
        )}
      </figcaption>
      <div className="chart-body">
        <div className="chart-scale numeric" aria-hidden="true">
          {lines.map((value) => (
            <span key={value} style={{ bottom: `${(value / top) * 100}%` }}>
              {value.toLocaleString('en', { notation: 'compact' })}
            </span>
          ))}
        </div>
        <svg
          className="chart-plot"
          viewBox={`0 0 ${buckets.length} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Clicks by ${unit}: ${clickCount(sum)} in ${kSpan[unit]}`}
          onPointerMove={point}
          onPointerLeave={() => setPointed(null)}
        >
          {buckets.map((bucket, index) => (
            <rect
              key={bucket.start}
              className="chart-bar"
              data-clicks={bucket.clicks}
              data-latest={index === buckets.length - 1 || undefined}
              data-pointed={index === pointed || undefined}
              x={index + 0.09}
              y={0}
              width={0.82}
              height={100}
              style={{ transform: `scaleY(${bucket.clicks / top})` }}
            />
          ))}
          {lines.map((value) => (
            <path
              key={value}
              className={value === 0 ? 'chart-ground' : 'chart-joint'}
              d={`M0 ${100 - (value / top) * 100}H${buckets.length}`}
            />
          ))}
        </svg>
        <div className="chart-times" aria-hidden="true">
          {buckets.map((bucket, index) =>
            (buckets.length - 1 - index) % kLabelEvery[unit] === 0 ? (
              <span
                key={bucket.start}
                data-last={index === buckets.length - 1 || undefined}
                style={{ left: `${((index + 0.5) / buckets.length) * 100}%` }}
              >
                {name(bucket)}
              </span>
            ) : null,
          )}
        </div>
      </div>
      <Numbers buckets={buckets} name={name} />
    </figure>
  );
}
