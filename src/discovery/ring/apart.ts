/**
 * Moving marks on a circle apart, each as little as may be, so that what is written at them does not overlap.
 *
 * Invariant: the marks keep their order, and as far as they have room, neighbours are `least` apart or more.
 */

interface Cluster {
  /** Of its marks, the indexes in order. */
  readonly marks: number[];
  /** Where its middle lies. */
  middle: number;
}

/**
 * Where marks go that would be at `wanted` on a circle of circumference `turn`. Marks that would be too close form a cluster
 * around their mean; clusters that touch are one.
 */
export function apart(wanted: readonly number[], least: number, turn: number): number[] {
  const pitch = Math.min(least, turn / Math.max(1, wanted.length));
  const order = fromWidestGap(wanted, turn);
  const clusters: Cluster[] = [];
  for (const { mark, position } of order) {
    let cluster: Cluster = { marks: [mark], middle: position };
    for (let before = clusters.at(-1); before !== undefined && touches(before, cluster, pitch); before = clusters.at(-1)) {
      clusters.pop();
      const count = before.marks.length + cluster.marks.length;
      const middle = (before.middle * before.marks.length + cluster.middle * cluster.marks.length) / count;
      cluster = { marks: [...before.marks, ...cluster.marks], middle };
    }
    clusters.push(cluster);
  }
  const places = [...wanted];
  for (const { marks, middle } of clusters) {
    for (const [index, mark] of marks.entries()) places[mark] = (middle + (index - (marks.length - 1) / 2) * pitch + turn) % turn;
  }
  return places;
}

function touches(before: Cluster, after: Cluster, pitch: number): boolean {
  return after.middle - before.middle < ((before.marks.length + after.marks.length) / 2) * pitch;
}

/** The marks in order, beginning behind the widest gap, at positions that only grow: there the circle can be cut open. */
function fromWidestGap(wanted: readonly number[], turn: number): { readonly mark: number; readonly position: number }[] {
  const sorted = wanted.map((position, mark) => ({ mark, position })).sort((a, b) => a.position - b.position);
  const gapBefore = (index: number): number => (sorted[index].position - sorted.at(index - 1)!.position + turn) % turn;
  let first = 0;
  for (let index = 1; index < sorted.length; index++) if (gapBefore(index) > gapBefore(first)) first = index;
  return [...sorted.slice(first), ...sorted.slice(0, first).map(({ mark, position }) => ({ mark, position: position + turn }))];
}
