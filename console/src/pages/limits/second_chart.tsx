import { useState } from 'react';
import type { Counts } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { joints } from '../links/chart_scale';
import { verdicts } from './limits_queries';
import './second_chart.css';
import './spark.css';

interface SecondChartProps {
  seconds: readonly Counts[];
  shadow: boolean;
}

const kSeconds = 300;
const kAgo = ['5 min ago', '4 min', '3 min', '2 min', '1 min', 'now'];

interface Bar {
  passed: number;
  refused: number;
}

function pathOf(bars: readonly Bar[], top: number, part: (bar: Bar) => [number, number]): string {
  return bars
    .map((bar, i) => {
      const [from, to] = part(bar);
      if (from === to) return '';
      const y = (count: number) => (100 - (count / top) * 100).toFixed(2);
      return `M${i + 0.1} ${y(from)}V${y(to)}h0.8V${y(from)}z`;
    })
    .join('');
}

function agoWords(ago: number): string {
  if (ago === 0) return 'the last second';
  return ago < 60 ? `${ago} s ago` : `${Math.floor(ago / 60)} min ${ago % 60} s ago`;
}

/** What passed and, on top of it, what was refused: five minutes of stones, a second each. */
export function SecondChart({ seconds, shadow }: SecondChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const bars = seconds.map((counts): Bar => {
    const { passed, refused, shadow: would } = verdicts(counts);
    return { passed, refused: refused + would };
  });
  const lines = joints(Math.max(0, ...bars.map(({ passed, refused }) => passed + refused)));
  const top = lines.at(-1) ?? 1;
  const passed = bars.reduce((sum, bar) => sum + bar.passed, 0);
  const refused = bars.reduce((sum, bar) => sum + bar.refused, 0);
  const word = shadow ? 'would be denied' : 'denied';
  const shown = pointed === null ? undefined : bars[pointed];

  const point = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * kSeconds);
    setPointed(Math.min(kSeconds - 1, Math.max(0, index)));
  };

  return (
    <figure className="second-chart">
      <figcaption>
        <strong className="numeric">{formatCount((shown ?? { passed }).passed)}</strong> allowed ·{' '}
        <strong className="numeric">{formatCount((shown ?? { refused }).refused)}</strong> {word}
        {pointed !== null && shown && <> · {agoWords(kSeconds - 1 - pointed)}</>}
      </figcaption>
      <div className="second-body">
        <div className="second-scale numeric" aria-hidden="true">
          {lines.map((value) => (
            <span key={value} style={{ bottom: `${(value / top) * 100}%` }}>
              {value.toLocaleString('en', { notation: 'compact' })}
            </span>
          ))}
        </div>
        <svg
          className="second-plot"
          viewBox={`0 0 ${kSeconds} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${formatCount(passed)} allowed and ${formatCount(refused)} ${word} in the last 5 minutes`}
          onPointerMove={point}
          onPointerLeave={() => setPointed(null)}
        >
          {pointed !== null && (
            <rect className="second-pointed" x={pointed} y={0} width={1} height={100} />
          )}
          <path className="spark-allowed" d={pathOf(bars, top, (bar) => [0, bar.passed])} />
          <path
            className={shadow ? 'spark-shadow' : 'spark-denied'}
            d={pathOf(bars, top, (bar) => [bar.passed, bar.passed + bar.refused])}
          />
          {lines.map((value) => (
            <path
              key={value}
              className={value === 0 ? 'second-ground' : 'second-joint'}
              d={`M0 ${100 - (value / top) * 100}H${kSeconds}`}
            />
          ))}
        </svg>
        <div className="second-times" aria-hidden="true">
          {kAgo.map((word) => (
            <span key={word}>{word}</span>
          ))}
        </div>
      </div>
    </figure>
  );
}
