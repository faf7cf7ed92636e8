// The frame of a chart: its scale on the left, times below, and a plot to point into.
import type { ReactNode } from 'react';
import './chart.css';

interface ChartProps {
  /** What the plot shows, in one sentence: for those who do not see it. */
  label: string;
  caption: ReactNode;
  /** Of the plot; each is 1 wide, and the plot is 100 high. */
  columns: number;
  /** Values from 0 up at which a joint is drawn; the last is the plot's top. */
  lines: readonly number[];
  /** Where on the way from 0 (left) to 1 (right) a time is named. */
  times: readonly { at: number; name: string }[];
  onPoint: (column: number | null) => void;
  children: ReactNode;
}

/** The scale's lines lie behind what is shown. */
export function Chart({ label, caption, columns, lines, times, onPoint, children }: ChartProps) {
  const top = lines.at(-1) ?? 1;
  const point = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    onPoint(Math.min(columns - 1, Math.max(0, column)));
  };
  return (
    <figure className="chart">
      <figcaption className="chart-caption">{caption}</figcaption>
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
          viewBox={`0 0 ${columns} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
          onPointerMove={point}
          onPointerLeave={() => onPoint(null)}
        >
          {lines.map((value) => (
            <path
              key={value}
              className={value === 0 ? 'chart-ground' : 'chart-joint'}
              d={`M0 ${100 - (value / top) * 100}H${columns}`}
            />
          ))}
          {children}
        </svg>
        <div className="chart-times" aria-hidden="true">
          {times.map(({ at, name }) => (
            <span
              key={name}
              data-first={at === 0 || undefined}
              data-last={at === 1 || undefined}
              style={{ left: `${at * 100}%` }}
            >
              {name}
            </span>
          ))}
        </div>
      </div>
    </figure>
  );
}
