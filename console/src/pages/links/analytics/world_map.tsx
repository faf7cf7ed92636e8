import world from 'virtual:world-map';
import type { TopList } from '../../../api/link_analytics';
import { countryName } from '../rules/rule_words';
import './world_map.css';

const kSteps = 5;

/** Equal steps of the logarithm: one country has often more than all others together. */
function stepOf(clicks: number, most: number): number {
  if (clicks <= 0) return 0;
  const share = most <= 1 ? 1 : Math.log(clicks) / Math.log(most);
  return Math.max(1, Math.ceil(share * kSteps));
}

function words(code: string, clicks: number): string {
  return `${countryName(code)}: ${clicks.toLocaleString('en')} ${clicks === 1 ? 'click' : 'clicks'}`;
}

/** Where clicks come from; the list beside it has the numbers, also of countries too small to see. */
export function WorldMap({ countries }: { countries: TopList }) {
  const clicksOf = new Map(countries.values.map(({ value, clicks }) => [value, clicks]));
  const most = Math.max(0, ...clicksOf.values());
  const first = countries.values[0];
  const label = first
    ? `Map of clicks by country. Most: ${words(first.value, first.clicks)}`
    : 'Map of clicks by country: none yet';
  return (
    <figure className="world">
      <svg viewBox={`0 0 ${world.width} ${world.height}`} role="img" aria-label={label}>
        {world.shapes.map(({ code, path }, index) => {
          const clicks = code === null ? 0 : (clicksOf.get(code) ?? 0);
          return (
            <path key={code ?? index} d={path} data-step={stepOf(clicks, most)} data-country={code}>
              {code !== null && <title>{words(code, clicks)}</title>}
            </path>
          );
        })}
      </svg>
      <figcaption className="world-scale" aria-hidden="true">
        <span>fewer</span>
        {Array.from({ length: kSteps }, (_, i) => (
          <span key={i} className="world-step" data-step={i + 1} />
        ))}
        <span>more clicks</span>
      </figcaption>
    </figure>
  );
}
