/**
 * A map of the ring as SVG: peers at their places on the circle, clockwise from the top, the larger the more keys they keep;
 * shortcuts as chords that bend towards the middle.
 */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { shareOfCircle } from './circle.ts';
import type { MapPeer, RingMap } from './map.ts';

const SIZE = 1000;
const MIDDLE = SIZE / 2;
const RADIUS = 350;
/** With more peers than this their names would cover one another. */
const MOST_LABELS = 80;
const DOT = { smallest: 4, largest: 14 };
/** Chords bend so far towards the middle: 0 not at all, 1 through it. */
const BEND = 0.6;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** @param ownKey the contact key of the peer that drew it, to be marked */
export function drawMap({ peers, isWhole }: RingMap, ownKey: string): string {
  const keys = peers.reduce((sum, peer) => sum + peer.keys, 0);
  const title = `Ring of ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'}${isWhole ? '' : ' (the walk around it was cut short)'}`;
  const most = Math.max(1, ...peers.map((peer) => peer.keys));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" font-family="system-ui, sans-serif">`,
    `<title>${title}</title>`,
    `<style>
  svg { background: #fff }
  .circle { fill: none; stroke: #8a94a6; stroke-width: 1.5 }
  .chord { fill: none; stroke: #2f6fde; stroke-width: .8; stroke-opacity: ${chordOpacity(peers)} }
  .peer { fill: #1d2b45 } .own { fill: #d9480f }
  text { fill: #1d2b45 } .label { font-size: 11px } .title { font-size: 24px; font-weight: 600 } .note { font-size: 15px; fill: #5b6577 }
</style>`,
    `<text class="title" x="30" y="46">${title}</text>`,
    `<text class="note" x="30" y="72">${keys} keys, copies included; shortcuts as chords; ids grow clockwise from the top</text>`,
    `<circle class="circle" cx="${MIDDLE}" cy="${MIDDLE}" r="${RADIUS}"/>`,
    '<g>',
    ...peers.flatMap(chords),
    '</g>',
    ...peers.map((peer) => dot(peer, most, peer.contact.key === ownKey)),
    ...(peers.length <= MOST_LABELS ? peers.map(label) : []),
    '</svg>',
    '',
  ].join('\n');
}

function chords({ contact, shortcuts }: MapPeer): string[] {
  const from = place(contact.id, RADIUS);
  return shortcuts.map(({ id }) => {
    const to = place(id, RADIUS);
    const bend = { x: mix((from.x + to.x) / 2, MIDDLE, BEND), y: mix((from.y + to.y) / 2, MIDDLE, BEND) };
    return `<path class="chord" d="M${point(from)} Q${point(bend)} ${point(to)}"/>`;
  });
}

function dot({ contact, keys, shortcuts }: MapPeer, most: number, isOwn: boolean): string {
  const { x, y } = place(contact.id, RADIUS);
  const radius = DOT.smallest + (DOT.largest - DOT.smallest) * Math.sqrt(keys / most);
  const about = `${toHex(contact.id)} at ${formatEndpoint(contact.endpoint)}: ${keys} keys, ${shortcuts.length} shortcuts`;
  return `<circle class="${isOwn ? 'own' : 'peer'}" cx="${round(x)}" cy="${round(y)}" r="${round(radius)}"><title>${about}</title></circle>`;
}

/** Written outwards, and never upside down. */
function label({ contact }: MapPeer): string {
  const degrees = shareOfCircle(contact.id) * 360 - 90;
  const { x, y } = place(contact.id, RADIUS + DOT.largest + 4);
  const isLeft = degrees > 90;
  const text = `${toHex(contact.id).slice(0, 6)} ${formatEndpoint(contact.endpoint)}`;
  const turn = `rotate(${round(isLeft ? degrees + 180 : degrees)} ${point({ x, y })})`;
  return `<text class="label" x="${round(x)}" y="${round(y)}" dy=".35em" text-anchor="${isLeft ? 'end' : 'start'}" transform="${turn}">${text}</text>`;
}

/** Many chords are drawn fainter, or they would be one blot. */
function chordOpacity(peers: readonly MapPeer[]): number {
  const count = peers.reduce((sum, peer) => sum + peer.shortcuts.length, 0);
  return round(Math.min(0.5, Math.max(0.04, 60 / Math.max(1, count))));
}

function place(id: Uint8Array, radius: number): Point {
  const angle = shareOfCircle(id) * 2 * Math.PI;
  return { x: MIDDLE + radius * Math.sin(angle), y: MIDDLE - radius * Math.cos(angle) };
}

function point({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
