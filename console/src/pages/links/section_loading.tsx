import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';

/** While a part of the page is fetched. */
export function SectionLoading() {
  return (
    <Course>
      <Skeleton rows={6} label="Loading" />
    </Course>
  );
}
