/**
 * Announces one torrent to the tracker of a list that works, for as long as the torrent is there (BEP 3, 12, 21, 31).
 *
 * The trackers of a list are tried in order. One that is slow to answer does not hold up the next: whichever answers first is
 * the one that is used from then on.
 *
 * Invariant: no tracker is asked twice at a time, nor sooner than it wishes, except to tell it of a download completed, nor
 * within its back-off after a failure.
 */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { describeError } from '../../bytes/errors.ts';
import { LIMITS } from '../../bytes/limits.ts';
import { counted, formatDuration } from '../../bytes/units.ts';
import { sleep, type Timer } from '../../runtime/clock.ts';
import type { DiscoveryReports, SwarmIdentity } from '../discovery.ts';
import { TrackerError, type AnnounceEvent, type AnnounceReply } from './announcement.ts';
import { trackerName, type TrackerClient, type TrackerRuntime } from './tracker-client.ts';

/** Peers asked for; trackers give fewer. */
const WANTED = 100;
/** How soon to ask for more of a tracker that does not say (the UDP protocol has no word for it). */
const MIN_INTERVAL_MS = 5 * 60_000;
/** After a failure; twice as long after each further one, up to the second figure, and each time half less to half more of it. */
const FIRST_BACK_OFF_MS = 15_000;
const LONGEST_BACK_OFF_MS = 3_600_000;
/** After this long the next tracker is asked too. */
const PATIENCE_MS = 3000;
const NO_LONGER_ASKED = new TrackerError('it is not asked any more');

export interface AnnouncerParts {
  readonly runtime: TrackerRuntime;
  readonly client: TrackerClient;
  readonly identity: SwarmIdentity;
  readonly reports: DiscoveryReports;
  /** Ask one tracker at a time, however slow (BEP 27). */
  readonly oneAtATime: boolean;
  /** 32 bits, the same for all announces of the torrent (BEP 7). */
  readonly key: number;
  /** The trackers to choose from, the one to be tried first at the front. May change from call to call. */
  trackers(): readonly string[];
  /** The tracker has answered. */
  worked(tracker: string): void;
}

/** What is known of one tracker. */
interface Standing {
  readonly tracker: string;
  isBeingAsked: boolean;
  /** It may have been told of us, so it is to be told when we leave. */
  mayKnowUs: boolean;
  /** It has answered an announce. */
  hasStarted: boolean;
  /** What has happened that it is still to be told of. */
  owed: 'completed' | 'paused' | undefined;
  /** Failures since it last answered. */
  failures: number;
  /** Not to be asked before; Infinity: never again. */
  notBeforeMs: number;
  trackerId: Uint8Array | undefined;
}

/** A tracker has answered, and wishes to be asked again so. */
interface Answer {
  readonly standing: Standing;
  readonly intervalMs: number;
  readonly minIntervalMs: number;
}

export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #standings = new Map<string, Standing>();
  /** One for each announce under way. */
  readonly #underWay = new Set<AbortController>();
  /** The tracker that answered last, asked first until it fails: a private torrent must not change without need (BEP 27). */
  #current: string | undefined;
  #timer: Timer | undefined;
  /** When the timer runs. */
  #nextMs = Number.POSITIVE_INFINITY;
  /** The tracker does not want to be asked before. */
  #earliestMs = 0;
  #isAsking = false;
  #isStopped = false;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
    this.#schedule(0);
  }

  /** Announces as soon as the tracker that works wishes; changes nothing while none does, for then it is tried again anyway. */
  wantMore(): void {
    if (this.#current !== undefined) this.#bringForward(this.#earliestMs - this.#now());
  }

  /** Tells whoever knows of us that nothing more is wanted: the download is complete, or all of it that was selected. */
  completed(): void {
    const event = this.#parts.identity.isPartialSeed() ? 'paused' : 'completed';
    for (const standing of this.#standings.values()) standing.owed = standing.mayKnowUs ? event : undefined;
    if (this.#current !== undefined) this.#bringForward(0);
  }

  /** There are trackers that were not there before. */
  trackersAdded(): void {
    if (this.#current === undefined) this.#bringForward(0);
  }

  /** Tells those who know of us that we leave, and waits for them no longer than `LIMITS.goodbyeMs`. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const controller of this.#underWay) controller.abort(NO_LONGER_ASKED);
    const told = [...this.#standings.values()].filter(({ mayKnowUs, failures }) => mayKnowUs && failures === 0);
    await Promise.allSettled(told.map((standing) => this.#sayGoodbye(standing)));
  }

  /** Who has not answered yet may never do: such a one is told, but hardly waited for. */
  async #sayGoodbye(standing: Standing): Promise<void> {
    const controller = new AbortController();
    const patienceMs = standing.hasStarted ? LIMITS.goodbyeMs : LIMITS.goodbyeToSilentMs;
    const patience = this.#parts.runtime.clock.after(patienceMs, () => controller.abort(NO_LONGER_ASKED));
    const tell = (event: AnnounceEvent): Promise<void> => this.#announce(standing, event, () => undefined, controller.signal).catch(() => undefined);
    // Who leaves as soon as everything is there has had no other moment to say that it is.
    if (standing.owed === 'completed' && standing.hasStarted) await tell('completed');
    if (!controller.signal.aborted) await tell('stopped');
    patience.cancel();
  }

  #now(): number {
    return this.#parts.runtime.clock.now();
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#nextMs = this.#now() + delayMs;
    this.#timer = Number.isFinite(delayMs) ? this.#parts.runtime.clock.after(delayMs, () => void this.#run()) : undefined;
  }

  #bringForward(delayMs: number): void {
    if (!this.#isAsking && !this.#isStopped && this.#now() + delayMs < this.#nextMs) this.#schedule(Math.max(0, delayMs));
  }

  /** Tries the trackers in order until one works, and sets the time for the next round. */
  async #run(): Promise<void> {
    this.#isAsking = true;
    const answer = await this.#firstAnswer();
    if (this.#isStopped) return;
    this.#isAsking = false;
    this.#current = answer?.standing.tracker;
    if (answer === undefined) {
      // One that has been slow all this time may not be asked again yet, though it has not failed.
      const nextMs = Math.min(...this.#all().map(({ notBeforeMs }) => notBeforeMs));
      this.#schedule(Math.max(PATIENCE_MS, nextMs - this.#now()));
      return;
    }
    this.#parts.worked(answer.standing.tracker);
    this.#earliestMs = this.#now() + answer.minIntervalMs;
    // The download may have ended while this announce was under way.
    this.#schedule(answer.standing.owed === undefined ? answer.intervalMs : 0);
  }

  /** Undefined once all have failed. */
  async #firstAnswer(): Promise<Answer | undefined> {
    const { runtime, oneAtATime } = this.#parts;
    const { promise: first, resolve } = Promise.withResolvers<Answer>();
    const asks: Promise<unknown>[] = [];
    for (const standing of this.#inOrder()) {
      const ask = this.#ask(standing).then((answer) => {
        if (answer !== undefined) resolve(answer);
        return answer;
      });
      asks.push(ask);
      const patience = new AbortController();
      const turn = oneAtATime ? ask : Promise.race([ask, sleep(runtime.clock, PATIENCE_MS, patience.signal)]);
      const answer = await Promise.race([first, turn]);
      patience.abort();
      if (answer !== undefined || this.#isStopped) break;
    }
    return Promise.race([first, Promise.all(asks).then(() => undefined)]);
  }

  #all(): Standing[] {
    return this.#parts.trackers().map((tracker) => {
      const standing = this.#standings.get(tracker)
        ?? { tracker, isBeingAsked: false, mayKnowUs: false, hasStarted: false, owed: undefined, failures: 0, notBeforeMs: 0, trackerId: undefined };
      this.#standings.set(tracker, standing);
      return standing;
    });
  }

  #inOrder(): Standing[] {
    const nowMs = this.#now();
    const ready = this.#all().filter(({ notBeforeMs, isBeingAsked }) => notBeforeMs <= nowMs && !isBeingAsked);
    return ready.sort((a, b) => Number(b.tracker === this.#current) - Number(a.tracker === this.#current));
  }

  /** Announces to one tracker; undefined where that failed, which it also tells. */
  async #ask(standing: Standing): Promise<Answer | undefined> {
    const event = this.#eventFor(standing);
    const replies: AnnounceReply[] = [];
    const controller = new AbortController();
    this.#underWay.add(controller);
    standing.mayKnowUs = true;
    standing.isBeingAsked = true;
    try {
      await this.#announce(standing, event, (reply) => {
        if (this.#isStopped) return;
        replies.push(reply);
        this.#report(standing, reply);
      }, controller.signal);
    } catch (error) {
      if (!this.#isStopped) this.#failed(standing, error);
      return undefined;
    } finally {
      this.#underWay.delete(controller);
      standing.isBeingAsked = false;
    }
    if (this.#isStopped) return undefined;
    standing.hasStarted = true;
    standing.failures = 0;
    if (event === standing.owed) standing.owed = undefined;
    return this.#answered(standing, replies);
  }

  #eventFor({ hasStarted, owed }: Standing): AnnounceEvent | undefined {
    if (!hasStarted) return 'started';
    return owed ?? (this.#parts.identity.isPartialSeed() ? 'paused' : undefined);
  }

  /** Announces each info-hash (a hybrid torrent has two). Rejects where not one was answered, with the first one's error. */
  async #announce(
    standing: Standing, event: AnnounceEvent | undefined, received: (reply: AnnounceReply) => void, signal: AbortSignal,
  ): Promise<void> {
    const { identity, client, key } = this.#parts;
    const { uploaded, downloaded, left } = identity.totals();
    const outcomes = await Promise.allSettled(identity.infoHashes.map((infoHash) => client.announce(standing.tracker, {
      infoHash,
      peerId: identity.peerId,
      port: identity.port,
      uploaded,
      downloaded,
      // Without metadata nobody knows how much it is, but it is something.
      left: left ?? LIMITS.blockBytes,
      ...(event === undefined ? {} : { event }),
      key,
      wanted: event === 'stopped' ? 0 : WANTED,
      ...(standing.trackerId === undefined ? {} : { trackerId: standing.trackerId }),
    }, received, signal)));
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failures.length === outcomes.length) throw failures[0].reason;
  }

  #report({ tracker }: Standing, { peers, externalAddress, warning }: AnnounceReply): void {
    const { reports } = this.#parts;
    if (peers.length > 0) reports.found(peers);
    if (externalAddress !== undefined) reports.ownAddress?.(externalAddress);
    if (warning !== undefined) reports.status(`${trackerName(tracker)} warns: ${warning}`, true);
  }

  #answered(standing: Standing, replies: readonly AnnounceReply[]): Answer {
    const bounded = (intervalMs: number): number => Math.min(Math.max(intervalMs, LIMITS.shortestAnnounceMs), LIMITS.longestAnnounceMs);
    const intervalMs = bounded(Math.max(...replies.map((reply) => reply.intervalMs)));
    const minIntervalMs = Math.min(intervalMs, bounded(Math.max(...replies.map((reply) => reply.minIntervalMs ?? MIN_INTERVAL_MS))));
    standing.trackerId = replies.findLast(({ trackerId }) => trackerId !== undefined)?.trackerId ?? standing.trackerId;
    const peerCount = new Set(replies.flatMap(({ peers }) => peers.map(formatEndpoint))).size;
    this.#parts.reports.status(`${trackerName(standing.tracker)}: ${counted(peerCount, 'peer')}, next in ${formatDuration(intervalMs)}`, false);
    return { standing, intervalMs, minIntervalMs };
  }

  #failed(standing: Standing, error: unknown): void {
    standing.failures += 1;
    const backOffMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (standing.failures - 1), LONGEST_BACK_OFF_MS) * (0.5 + this.#parts.runtime.random.fraction());
    const wishMs = error instanceof TrackerError ? error.retryInMs : undefined;
    const delayMs = wishMs === undefined ? backOffMs : Math.max(wishMs, LIMITS.shortestAnnounceMs);
    standing.notBeforeMs = this.#now() + delayMs;
    const name = trackerName(standing.tracker);
    const what = describeError(error);
    const next = Number.isFinite(delayMs) ? `trying again in ${formatDuration(delayMs)}` : 'not trying again';
    // An error of the network's names the host itself.
    this.#parts.reports.status(`${what.includes(name) ? what : `${name}: ${what}`}; ${next}`, true);
  }
}
