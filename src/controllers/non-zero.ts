/**
 * The counts that are not zero. Go leaves zeros out of a status, so they come back as absent: a
 * controller that wrote them would find its status changed each time, and write again.
 */
export function nonZero<K extends string>(
  counts: Readonly<Record<K, number>>,
): { readonly [key in K]?: number } {
  const kept: { [key in K]?: number } = {};
  for (const key in counts) if (counts[key] !== 0) kept[key] = counts[key];
  return kept;
}
