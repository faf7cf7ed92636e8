// A chart's scale: whole numbers, round steps, four courses at most and never fewer than four
// high, so that the first one is a stone and not a tower.
const kCourses = 4;

/** Values from 0 up at which a joint is drawn; the last is the chart's top, at least `highest`. */
export function joints(highest: number): number[] {
  const least = Math.max(kCourses, highest) / kCourses;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((f) => {
    const step = f * magnitude;
    return step >= least && Number.isInteger(step);
  });
  const step = (factor ?? 10) * magnitude;
  const courses = Math.max(1, Math.ceil(Math.max(highest, 1) / step));
  // A low chart still shows all four courses; a high one ends at its highest bar.
  const count = step === 1 ? kCourses : courses;
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
