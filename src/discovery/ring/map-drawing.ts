/**
 * A map of the ring as SVG: peers at their places on the circle, clockwise from the top, the larger the more keys they keep;
 * shortcuts as chords.
 *
 * Chords are arcs that meet the circle at right angles (the straight lines of Poincaré's disc): short ones stay near the rim,
 * long ones go through the middle, and so each can be followed by eye.
 */
import { formatEndpoint } from '../../bytes/endpoint.ts';
import { toHex } from '../../bytes/hex.ts';
import { counted } from '../../bytes/units.ts';
import { shareOfCircle } from './circle.ts';
import { apart } from './apart.ts';
import type { MapPeer, RingMap } from './map.ts';

const RADIUS = 310;
const HEADING_HEIGHT = 90;
const MARGIN = 40;
const TURN = 2 * Math.PI;
/** With more peers than this their names would cover one another. */
const MOST_LABELS = 80;
const DOT = { smallest: 3, largest: 13 };
/** Between two names, and from the circle to them, in pixels. */
const LABEL_PITCH = 13;
const LABEL_RADIUS = RADIUS + 30;
/** Of the widest fonts that there are likely to be. */
const CHARACTER_WIDTH = 6.4;
const COLOR = { paper: '#ffffff', circle: '#8a94a6', leader: '#c3c9d4', chord: '#2f6fde', peer: '#1d2b45', own: '#d9480f', note: '#5b6577' };

interface Point {
  readonly x: number;
  readonly y: number;
}

/** @param ownKey the contact key of the peer that drew it, to be marked */
export function drawMap({ peers, isWhole }: RingMap, ownKey: string): string {
  const keys = peers.reduce((sum, peer) => sum + peer.keys, 0);
  const title = `Ring of ${counted(peers.length, 'peer')}${isWhole ? '' : ' (the walk around it was cut short)'}`;
  const dots = new Dots(peers);
  const names = peers.length <= MOST_LABELS ? peers.map(nameOf) : [];
  const width = 2 * (LABEL_RADIUS + MARGIN + Math.max(0, ...names.map(({ length }) => length)) * CHARACTER_WIDTH);
  const height = width + HEADING_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" font-family="system-ui, Helvetica, Arial, sans-serif" fill="${COLOR.peer}">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="${COLOR.paper}"/>`,
    `<text x="30" y="46" font-size="24" font-weight="600">${title}</text>`,
    `<text x="30" y="74" font-size="15" fill="${COLOR.note}">${keys} keys, copies included; shortcuts are chords; ids grow clockwise from the top</text>`,
    `<g transform="translate(${round(width / 2)} ${round(HEADING_HEIGHT + width / 2)})">`,
    `<circle r="${RADIUS}" fill="none" stroke="${COLOR.circle}" stroke-width="1.5"/>`,
    `<g fill="none" stroke="${COLOR.chord}" stroke-width="0.8" stroke-opacity="${chordOpacity(peers)}">`,
    ...chords(peers),
    '</g>',
    `<g stroke="${COLOR.paper}">`,
    ...peers.filter(({ contact }) => contact.key !== ownKey).map((peer) => dots.draw(peer, COLOR.peer)),
    ...peers.filter(({ contact }) => contact.key === ownKey).map((peer) => dots.draw(peer, COLOR.own)),
    '</g>',
    '<g font-size="11">',
    ...labels(peers, names),
    '</g>',
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Two peers that have each other for a shortcut are joined by one chord. */
function chords(peers: readonly MapPeer[]): string[] {
  const drawn = new Map<string, string>();
  for (const { contact, shortcuts } of peers) {
    for (const shortcut of shortcuts) drawn.set([contact.key, shortcut.key].toSorted().join(' '), chord(angleOf(contact.id), angleOf(shortcut.id)));
  }
  return [...drawn.values()];
}

function chord(from: number, to: number): string {
  const turn = (to - from + TURN) % TURN;
  const radius = RADIUS * Math.abs(Math.tan(turn / 2));
  const ends = { from: place(from, RADIUS), to: place(to, RADIUS) };
  // So wide an arc is a straight line, and its radius a number without end.
  if (radius > 100 * RADIUS) return `<path d="M${point(ends.from)} L${point(ends.to)}"/>`;
  return `<path d="M${point(ends.from)} A${round(radius)} ${round(radius)} 0 0 ${turn < TURN / 2 ? 0 : 1} ${point(ends.to)}"/>`;
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
    const { x, y } = place(angleOf(contact.id), RADIUS);
    const radius = DOT.smallest + (this.#largest - DOT.smallest) * Math.sqrt(keys / this.#mostKeys);
    const about = `${toHex(contact.id)} at ${formatEndpoint(contact.endpoint)}: ${keys} keys, ${shortcuts.length} shortcuts`;
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${color}"><title>${about}</title></circle>`;
  }
}

/** The peers' names, moved apart where they would cover one another, each with a line to its peer. */
function labels(peers: readonly MapPeer[], names: readonly string[]): string[] {
  const angles = apart(peers.map(({ contact }) => angleOf(contact.id)), LABEL_PITCH / LABEL_RADIUS, TURN);
  return names.map((name, index) => label(name, angleOf(peers[index].contact.id), angles[index]));
}

function nameOf({ contact: { id, endpoint } }: MapPeer): string {
  return `${toHex(id).slice(0, 6)} ${formatEndpoint(endpoint)}`;
}

/** Written outwards, and never upside down. */
function label(name: string, peerAngle: number, angle: number): string {
  const from = place(peerAngle, RADIUS + DOT.largest + 1);
  const to = place(angle, LABEL_RADIUS - 4);
  const { x, y } = place(angle, LABEL_RADIUS);
  const isLeft = angle > TURN / 2;
  const degrees = (angle / TURN) * 360 + (isLeft ? 90 : -90);
  return `<path d="M${point(from)} L${point(to)}" stroke="${COLOR.leader}" fill="none"/>`
    + `<text x="${round(x)}" y="${round(y)}" dy=".35em" text-anchor="${isLeft ? 'end' : 'start'}" transform="rotate(${round(degrees)} ${point({ x, y })})">${name}</text>`;
}

/** Many chords are drawn fainter, or they would be one blot. */
function chordOpacity(peers: readonly MapPeer[]): number {
  const count = peers.reduce((sum, peer) => sum + peer.shortcuts.length, 0);
  return round(Math.min(0.6, Math.max(0.03, 6 / Math.sqrt(Math.max(1, count)))));
}

/** Clockwise from the top, in radians. */
function angleOf(id: Uint8Array): number {
  return shareOfCircle(id) * TURN;
}

/** From the circle's middle. */
function place(angle: number, radius: number): Point {
  return { x: radius * Math.sin(angle), y: -radius * Math.cos(angle) };
}

function point({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
