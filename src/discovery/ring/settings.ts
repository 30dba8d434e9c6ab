/** What of the ring is configuration. The defaults are for the open Internet; tests and experiments take others. */

export interface RingSettings {
  /** Successors that a peer keeps, and peers besides the responsible one that keep each record: r. The textbook has 2. */
  readonly successors: number;
  /**
   * How a query finds its way: `none`, from successor to successor, O(N); `fingers`, over the successors of the points at
   * powers of two, O(log N) as in Chord; `all`, over those and every peer that has ever answered.
   */
  readonly shortcuts: 'none' | 'fingers' | 'all';
  /** Between asking the successor for its neighbours, which also shows that it is there. */
  readonly stabiliseIntervalMs: number;
  /** Between looking up one finger and the next. */
  readonly fixFingerIntervalMs: number;
  /** Between looking for another ring to merge with. */
  readonly mergeIntervalMs: number;
  /** Between comparing one's records with those that keep the copies. */
  readonly repairIntervalMs: number;
  /** How long new announcements are gathered before they are copied. */
  readonly replicateDelayMs: number;
  /** How long an announcement is kept at most. */
  readonly recordLifetimeMs: number;
  /** Between renewing one's own announcements. */
  readonly renewIntervalMs: number;
  /** Between changing the secret from which tokens are made. */
  readonly tokenIntervalMs: number;
  /** How often a query is sent before its receiver counts as silent. */
  readonly attempts: number;
  /** The same for a step of a lookup, which can go another way. */
  readonly lookupAttempts: number;
  /** How long the first answer is waited for; later ones as long as round trips have taken. */
  readonly firstTimeoutMs: number;
  readonly shortestTimeoutMs: number;
  readonly longestTimeoutMs: number;
  /** How long a silent peer is not asked again on hearsay. */
  readonly silenceMs: number;
  /**
   * A peer that claims an arc so many times as long as the mean one is not believed at once. Of the true arcs that keys fall
   * in, 4 in 100 are longer than 5.
   */
  readonly plausibleGaps: number;
  /** Peers that a lookup asks before it gives up. */
  readonly lookupSteps: number;
  /** Queries answered of one stranger: in the long run, and at once. Neighbours are not counted. */
  readonly queriesPerSecond: number;
  readonly queryBurst: number;
}

export const DEFAULT_SETTINGS: RingSettings = {
  successors: 8,
  shortcuts: 'all',
  stabiliseIntervalMs: 10_000,
  fixFingerIntervalMs: 15_000,
  mergeIntervalMs: 60_000,
  repairIntervalMs: 60_000,
  replicateDelayMs: 200,
  recordLifetimeMs: 60 * 60_000,
  renewIntervalMs: 20 * 60_000,
  tokenIntervalMs: 5 * 60_000,
  attempts: 3,
  lookupAttempts: 2,
  firstTimeoutMs: 1000,
  shortestTimeoutMs: 150,
  longestTimeoutMs: 4000,
  silenceMs: 60_000,
  plausibleGaps: 5,
  lookupSteps: 128,
  queriesPerSecond: 100,
  queryBurst: 500,
};
