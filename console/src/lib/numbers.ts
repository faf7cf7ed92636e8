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

/** "812 B", "1.2 MB": thousands, as disks count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
