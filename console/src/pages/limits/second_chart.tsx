import { useState } from 'react';
import type { Counts } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { Chart } from '../../ui/chart';
import { joints } from '../../ui/chart_scale';
import { verdicts } from './limits_queries';
import './second_chart.css';
import './spark.css';

interface SecondChartProps {
  seconds: readonly Counts[];
  shadow: boolean;
}

const kSeconds = 300;
const kTimes = ['5 min ago', '4 min', '3 min', '2 min', '1 min', 'now'].map((name, i) => ({
  at: i / 5,
  name,
}));

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

  return (
    <Chart
      label={`${formatCount(passed)} allowed and ${formatCount(refused)} ${word} in the last 5 minutes`}
      caption={
        <>
          <strong className="numeric">{formatCount((shown ?? { passed }).passed)}</strong> allowed ·{' '}
          <strong className="numeric">{formatCount((shown ?? { refused }).refused)}</strong> {word}
          {pointed !== null && shown && <> · {agoWords(kSeconds - 1 - pointed)}</>}
        </>
      }
      columns={kSeconds}
      lines={lines}
      times={kTimes}
      onPoint={setPointed}
    >
      {pointed !== null && (
        <rect className="second-pointed" x={pointed} y={0} width={1} height={100} />
      )}
      <path className="spark-allowed" d={pathOf(bars, top, (bar) => [0, bar.passed])} />
      <path
        className={shadow ? 'spark-shadow' : 'spark-denied'}
        d={pathOf(bars, top, (bar) => [bar.passed, bar.passed + bar.refused])}
      />
    </Chart>
  );
}
