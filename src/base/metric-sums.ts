import type { MetricFamily, MetricSample } from "./metric-series.ts";

/**
 * What was counted in several places as if it had been in one, by name: samples of the same labels
 * are added up. A gauge that must not be added has a label that tells its place.
 */
export function addFamilies(places: readonly (readonly MetricFamily[])[]): readonly MetricFamily[] {
  const byName = new Map<string, MetricFamily[]>();
  for (const family of places.flat()) {
    const same = byName.get(family.name);
    if (same === undefined) byName.set(family.name, [family]);
    else same.push(family);
  }
  return [...byName.values()]
    .flatMap(([first, ...others]) =>
      first === undefined ? [] : [{ ...first, samples: addSamples([first, ...others]) }],
    )
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function addSamples(families: readonly MetricFamily[]): readonly MetricSample[] {
  if (families.length === 1) return families[0]?.samples ?? [];
  const byKey = new Map<string, MetricSample>();
  for (const sample of families.flatMap(({ samples }) => samples)) {
    const key = keyOf(sample);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? sample : { ...sample, value: known.value + sample.value });
  }
  return [...byKey.values()];
}

function keyOf({ suffix, labels }: MetricSample): string {
  const entries = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([suffix, entries]);
}
