/**
 * A map of the ring as SVG: peers at their places on the circle, clockwise from the top, the larger the more keys they keep;
 * shortcuts as chords that bend towards the middle.
 */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { shareOfCircle } from './circle.ts';
import type { MapPeer, RingMap } from './map.ts';

const WIDTH = 1000;
const HEIGHT = 1080;
const MIDDLE = { x: WIDTH / 2, y: HEIGHT / 2 + 40 };
const RADIUS = 310;
/** With more peers than this their names would cover one another. */
const MOST_LABELS = 80;
const DOT = { smallest: 3, largest: 13 };
/** Chords bend so far towards the middle: 0 not at all, 1 through it. */
const BEND = 0.6;
const COLOR = { paper: '#ffffff', circle: '#8a94a6', chord: '#2f6fde', peer: '#1d2b45', own: '#d9480f', note: '#5b6577' };

interface Point {
  readonly x: number;
  readonly y: number;
}

/** @param ownKey the contact key of the peer that drew it, to be marked */
export function drawMap({ peers, isWhole }: RingMap, ownKey: string): string {
  const keys = peers.reduce((sum, peer) => sum + peer.keys, 0);
  const title = `Ring of ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'}${isWhole ? '' : ' (the walk around it was cut short)'}`;
  const dots = new Dots(peers);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, Helvetica, Arial, sans-serif" fill="${COLOR.peer}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${COLOR.paper}"/>`,
    `<text x="30" y="46" font-size="24" font-weight="600">${title}</text>`,
    `<text x="30" y="74" font-size="15" fill="${COLOR.note}">${keys} keys, copies included; shortcuts are chords; ids grow clockwise from the top</text>`,
    `<circle cx="${MIDDLE.x}" cy="${MIDDLE.y}" r="${RADIUS}" fill="none" stroke="${COLOR.circle}" stroke-width="1.5"/>`,
    `<g fill="none" stroke="${COLOR.chord}" stroke-width="0.8" stroke-opacity="${chordOpacity(peers)}">`,
    ...peers.flatMap(chords),
    '</g>',
    ...peers.filter(({ contact }) => contact.key !== ownKey).map((peer) => dots.draw(peer, COLOR.peer)),
    ...peers.filter(({ contact }) => contact.key === ownKey).map((peer) => dots.draw(peer, COLOR.own)),
    `<g font-size="11">`,
    ...(peers.length <= MOST_LABELS ? peers.map(label) : []),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function chords({ contact, shortcuts }: MapPeer): string[] {
  const from = place(contact.id, RADIUS);
  return shortcuts.map(({ id }) => {
    const to = place(id, RADIUS);
    const bend = { x: mix((from.x + to.x) / 2, MIDDLE.x, BEND), y: mix((from.y + to.y) / 2, MIDDLE.y, BEND) };
    return `<path d="M${point(from)} Q${point(bend)} ${point(to)}"/>`;
  });
}

/** Dots whose areas are as the numbers of keys, and small enough not to cover one another where there are many. */
class Dots {
  readonly #mostKeys: number;
  readonly #largest: number;

  constructor(peers: readonly MapPeer[]) {
    this.#mostKeys = Math.max(1, ...peers.map(({ keys }) => keys));
    this.#largest = Math.max(DOT.smallest, Math.min(DOT.largest, (1.5 * Math.PI * RADIUS) / peers.length));
  }

  draw({ contact, keys, shortcuts }: MapPeer, color: string): string {
    const { x, y } = place(contact.id, RADIUS);
    const radius = DOT.smallest + (this.#largest - DOT.smallest) * Math.sqrt(keys / this.#mostKeys);
    const about = `${toHex(contact.id)} at ${formatEndpoint(contact.endpoint)}: ${keys} keys, ${shortcuts.length} shortcuts`;
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${color}"><title>${about}</title></circle>`;
  }
}

/** Written outwards, and never upside down. */
function label({ contact }: MapPeer): string {
  const degrees = shareOfCircle(contact.id) * 360 - 90;
  const { x, y } = place(contact.id, RADIUS + DOT.largest + 4);
  const isLeft = degrees > 90;
  const text = `${toHex(contact.id).slice(0, 6)} ${formatEndpoint(contact.endpoint)}`;
  const turn = `rotate(${round(isLeft ? degrees + 180 : degrees)} ${point({ x, y })})`;
  return `<text x="${round(x)}" y="${round(y)}" dy=".35em" text-anchor="${isLeft ? 'end' : 'start'}" transform="${turn}">${text}</text>`;
}

/** Many chords are drawn fainter, or they would be one blot. */
function chordOpacity(peers: readonly MapPeer[]): number {
  const count = peers.reduce((sum, peer) => sum + peer.shortcuts.length, 0);
  return round(Math.min(0.6, Math.max(0.03, 120 / Math.max(1, count))));
}

function place(id: Uint8Array, radius: number): Point {
  const angle = shareOfCircle(id) * 2 * Math.PI;
  return { x: MIDDLE.x + radius * Math.sin(angle), y: MIDDLE.y - radius * Math.cos(angle) };
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
