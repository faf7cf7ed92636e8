import './meter.css';

interface MeterProps {
  label: string;
  done: number;
  /** 0: not known yet. */
  of: number;
}

/** How far something has come that takes a while. */
export function Meter({ label, done, of }: MeterProps) {
  const share = of <= 0 ? 0 : Math.min(1, done / of);
  return (
    <div
      className="meter"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share * 100)}
    >
      <span className="meter-done" style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}
