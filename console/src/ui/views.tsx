import { go } from '../lib/router';
import { Segmented } from './segmented';
import './views.css';

interface ViewsProps<T extends string> {
  value: T;
  options: readonly { value: T; label: string }[];
  hrefOf: (value: T) => string;
}

/** The parts of a page, each with an address. */
export function Views<T extends string>({ value, options, hrefOf }: ViewsProps<T>) {
  return (
    <div className="views">
      <Segmented
        label="Show"
        value={value}
        options={options}
        onChange={(next) => go(hrefOf(next))}
      />
    </div>
  );
}
