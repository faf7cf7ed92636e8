import { kRatesShown, type Rate } from './board_history';
import './rate_bars.css';

/** The rate of the last minute as a course of small stones; the newest stands at the right. */
export function RateBars({ rates }: { rates: readonly Rate[] }) {
  const top = Math.max(...rates.map((rate) => rate.perSecond), 1e-9);
  const first = kRatesShown - rates.length;
  return (
    <svg
      className="rate-bars"
      viewBox={`0 0 ${kRatesShown} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {rates.map((rate, index) => {
        const height = (rate.perSecond / top) * 100;
        return (
          <rect
            key={rate.atMs}
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
