import { useState } from 'react';
import type { LinkReport, TrafficPoint } from '../../../api/link_analytics';
import { Chart } from '../../../ui/chart';
import { joints } from '../../../ui/chart_scale';
import './traffic_chart.css';

const kMostLabels = 6;

function formatOf({ interval, zone }: LinkReport): Intl.DateTimeFormat {
  const timeZone = zone;
  if (interval === 'month') {
    return new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone });
  }
  const day = { day: 'numeric', month: 'short', timeZone } as const;
  if (interval === 'day') return new Intl.DateTimeFormat('en-GB', day);
  return new Intl.DateTimeFormat('en-GB', { ...day, hour: '2-digit', minute: '2-digit' });
}

const counted = (n: number, one: string) =>
  `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`;

function Numbers({ series, name }: { series: TrafficPoint[]; name: (p: TrafficPoint) => string }) {
  const busy = series.filter(({ clicks }) => clicks > 0).reverse();
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
              <th scope="col">Visitors</th>
              <th scope="col">Bots</th>
            </tr>
          </thead>
          <tbody>
            {busy.map((point) => (
              <tr key={point.start}>
                <th scope="row">{name(point)}</th>
                <td className="numeric">{point.clicks.toLocaleString('en')}</td>
                <td className="numeric">{point.visitors.toLocaleString('en')}</td>
                <td className="numeric">{point.bots.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

/** Clicks, and before them the visitors who made them. */
export function TrafficChart({ report }: { report: LinkReport }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const { series, totals } = report;
  const format = formatOf(report);
  const name = (point: TrafficPoint) => format.format(new Date(point.start));
  const lines = joints(Math.max(0, ...series.map(({ clicks }) => clicks)));
  const top = lines.at(-1) ?? 1;
  const shown = pointed === null ? undefined : series[pointed];
  const { clicks, visitors } = shown ?? totals;
  const last = series.length - 1;
  const every = Math.max(1, Math.ceil(series.length / kMostLabels));
  const times = series.flatMap((point, index) =>
    (last - index) % every === 0 && (last - index + every / 2 < last || index === last)
      ? [{ at: index === last ? 1 : (index + 0.5) / series.length, name: name(point) }]
      : [],
  );
  const bar = (value: number) => ({ transform: `scaleY(${value / top})` });
  return (
    <>
      <Chart
        label={`Clicks by ${report.interval}: ${counted(totals.clicks, 'click')}`}
        caption={
          <span className="traffic-caption">
            <span className="traffic-clicks">
              <strong className="numeric">{counted(clicks, 'click')}</strong>
            </span>
            <span className="traffic-visitors">
              <strong className="numeric">{counted(visitors, 'visitor')}</strong>
            </span>
            {shown && <span>{name(shown)}</span>}
          </span>
        }
        columns={Math.max(1, series.length)}
        lines={lines}
        times={times}
        onPoint={setPointed}
      >
        {series.map((point, index) => (
          <g key={point.start} data-pointed={index === pointed || undefined}>
            <rect
              className="chart-bar"
              x={index + 0.09}
              width={0.82}
              height={100}
              style={bar(point.clicks)}
            />
            <rect
              className="chart-bar traffic-bar-visitors"
              x={index + 0.28}
              width={0.44}
              height={100}
              style={bar(Math.min(point.visitors, point.clicks))}
            />
          </g>
        ))}
      </Chart>
      <Numbers series={series} name={name} />
    </>
  );
}
