import './stone_bars.css';

interface StoneBarsProps {
  /** Oldest first; keyed by when they were. */
  values: readonly { atMs: number; value: number }[];
  /** As many places as there are; values fill them from the right. */
  places: number;
}

/** The last minute as a course of small stones; the newest stands at the right. */
export function StoneBars({ values, places }: StoneBarsProps) {
  const top = Math.max(...values.map(({ value }) => value), 1e-9);
  const first = places - values.length;
  return (
    <svg
      className="stone-bars"
      viewBox={`0 0 ${places} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {values.map(({ atMs, value }, index) => {
        const height = (value / top) * 100;
        return (
          <rect
            key={atMs}
            x={first + index + 0.125}
            width={0.75}
            y={100 - height}
            height={height}
          />
        );
      })}
    </svg>
  );
}
