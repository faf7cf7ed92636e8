import { useState } from 'react';
import type { Leg } from '../../api/ledger';
import { formatMoney, currencyDigits } from '../../lib/money';
import { formatFull } from '../../lib/time';
import { useNow } from '../../lib/use_now';
import { balancePoints, balanceScale } from './balance_points';
import '../../ui/chart.css';
import './balance_chart.css';

const kPoints = 60;
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

interface BalanceChartProps {
  /** Newest first. */
  legs: readonly Leg[];
  currency: string;
}

/** Stones above and below the ground line: a balance can be either. */
export function BalanceChart({ legs, currency }: BalanceChartProps) {
  const nowMs = useNow();
  const [pointed, setPointed] = useState<number | null>(null);
  const points = balancePoints(legs, nowMs, kPoints);
  const scale = balanceScale(points);
  const low = scale[0] ?? 0;
  const high = scale.at(-1) ?? 1;
  const heightOf = (value: number) => ((value - low) / (high - low)) * 100;
  const shown = points[pointed ?? points.length - 1];
  const first = points[0];
  if (!shown || !first) return null;
  const unit = 10 ** currencyDigits(currency);
  const when = pointed === null ? 'now' : `at ${formatFull(isoOf(shown.untilMs))}`;
  const point = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * kPoints);
    setPointed(Math.min(kPoints - 1, Math.max(0, column)));
  };
  return (
    <figure className="chart balance-chart">
      <figcaption className="chart-caption">
        <strong className="numeric">{formatMoney(shown.balance, currency)}</strong> {when}
      </figcaption>
      <div className="chart-body">
        <div className="chart-scale numeric" aria-hidden="true">
          {scale.map((value) => (
            <span key={value} style={{ bottom: `${heightOf(value)}%` }}>
              {compact.format(value / unit)}
            </span>
          ))}
        </div>
        <svg
          className="chart-plot"
          viewBox={`0 0 ${kPoints} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Balance since ${formatFull(isoOf(first.fromMs))}: now ${formatMoney(points.at(-1)?.balance ?? 0, currency)}`}
          onPointerMove={point}
          onPointerLeave={() => setPointed(null)}
        >
          {points.map(({ balance, fromMs }, index) => {
            const top = 100 - heightOf(Math.max(balance, 0));
            const bottom = 100 - heightOf(Math.min(balance, 0));
            return (
              <rect
                key={fromMs}
                className="balance-bar"
                data-pointed={index === pointed || undefined}
                x={index + 0.06}
                width={0.88}
                y={top}
                height={bottom - top}
              />
            );
          })}
          {scale.map((value) => (
            <path
              key={value}
              className={value === 0 ? 'chart-ground' : 'chart-joint'}
              d={`M0 ${100 - heightOf(value)}H${kPoints}`}
            />
          ))}
        </svg>
        <div className="chart-times" aria-hidden="true">
          <span data-first style={{ left: '0%' }}>
            {formatFull(isoOf(first.fromMs))}
          </span>
          <span data-last style={{ left: '100%' }}>
            now
          </span>
        </div>
      </div>
    </figure>
  );
}
