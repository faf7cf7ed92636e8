import type { Second } from './use_live_limits';
import './spark.css';

interface SparkProps {
  seconds: readonly Second[];
  /** Changes when a second is added: then all move on by one. */
  tick: number;
}

type Series = (second: Second) => [from: number, to: number];

// From the ground up: what passed, what could not be counted, what a shadow would refuse, what was.
const kSeries: readonly { name: string; of: Series }[] = [
  { name: 'allowed', of: (s) => [0, s.allowed] },
  { name: 'failed', of: (s) => [s.allowed, s.allowed + s.failed] },
  { name: 'shadow', of: (s) => [s.allowed + s.failed, s.allowed + s.failed + s.shadow] },
  { name: 'denied', of: (s) => [s.allowed + s.failed + s.shadow, sumOf(s)] },
];

function sumOf(second: Second): number {
  return second.allowed + second.failed + second.shadow + second.denied;
}

/** One path for each series: a page may show a hundred of these, each second anew. */
function pathOf(seconds: readonly Second[], top: number, series: Series): string {
  return seconds
    .map((second, i) => {
      const [from, to] = series(second);
      if (from === to) return '';
      const y = (count: number) => (100 - (count / top) * 100).toFixed(2);
      return `M${i + 0.12} ${y(from)}V${y(to)}h0.76V${y(from)}z`;
    })
    .join('');
}

/** A minute of answers as small stones, refusals on top; the newest second stands at the right. */
export function Spark({ seconds, tick }: SparkProps) {
  const top = Math.max(1, ...seconds.map(sumOf));
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${seconds.length} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <g key={tick} className="spark-moves">
        {kSeries.map(({ name, of }) => (
          <path key={name} className={`spark-${name}`} d={pathOf(seconds, top, of)} />
        ))}
      </g>
    </svg>
  );
}
