/** The page that a browser finds at a tracker: which torrents are published there. */
import { formatBytes, formatCount } from '../bytes/units.ts';
import type { StoreTotals } from './swarm-store.ts';

/** A torrent file that a tracker gives to whoever asks. */
export interface PublishedTorrent {
  /** For people; the file is offered as this and `.torrent`. */
  readonly name: string;
  /** The torrent file. */
  readonly bytes: Uint8Array;
  readonly magnet: string;
}

/** @param published by path, without escapes */
export function indexPage(published: ReadonlyMap<string, PublishedTorrent>, { swarms, peers, seeds }: StoreTotals): string {
  const rows = [...published].map(([path, { name, bytes, magnet }]) => `<tr>
<td>${escapeHtml(name)}</td>
<td><a href="${escapeHtml(escapePath(path))}">torrent</a> (${formatBytes(bytes.length)})</td>
<td><a href="${escapeHtml(magnet)}">magnet</a></td>
</tr>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Shoal tracker</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem; color-scheme: light dark } td { padding: 0 1rem 0 0 }</style>
</head>
<body>
<h1>Shoal tracker</h1>
<p>${formatCount(peers)} peers (${formatCount(seeds)} seeds) in ${formatCount(swarms)} swarms. <a href="/stats">Figures</a></p>
${rows.length === 0 ? '<p>No torrents are published here.</p>' : `<table>\n${rows.join('\n')}\n</table>`}
</body>
</html>
`;
}

/** A path as a URL has it. */
export function escapePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
