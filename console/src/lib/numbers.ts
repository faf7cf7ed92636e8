// Numbers as people read them.

// Narrow and unbreakable: commas in a column of counts that change every second are only noise.
const kThousandsSeparator = '\u202f';

const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export function formatCount(count: number): string {
  return count.toLocaleString('en').replaceAll(',', kThousandsSeparator);
}

/** Below ten a tenth matters, above it only flickers. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 10) return formatCount(Math.round(perSecond));
  return perSecond.toFixed(perSecond < 1 ? 2 : 1);
}

export function formatShare(part: number, whole: number): string {
  return whole <= 0 ? '' : percent.format(part / whole);
}
