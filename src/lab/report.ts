/**
 * The report of one run: `results.json` and CSV files for programs, and one self-contained page for people.
 *
 * Invariant: the page needs nothing but itself: no script, no font, no picture from elsewhere. The same results give the same
 * bytes.
 */
import { formatBytes, formatCount, formatDuration, formatPercent } from '../bytes/units.ts';
import { escapeXml } from './figure-style.ts';
import { swarmFigures } from './swarm-figures.ts';
import { PEER_COLUMNS, SAMPLE_COLUMNS, summarise, type ClassSummary, type Summary, type SwarmResults } from './swarm-results.ts';
import { tableCsv, tableText, type Column } from './table.ts';

export interface ReportFile {
  readonly name: string;
  readonly text: string;
}

/** Every file of a run's report, to be written into one folder. */
export function reportFiles(results: SwarmResults): ReportFile[] {
  return [
    { name: 'results.json', text: resultsJson(results) },
    { name: 'peers.csv', text: tableCsv(PEER_COLUMNS, results.peers) },
    { name: 'samples.csv', text: tableCsv(SAMPLE_COLUMNS, results.samples) },
    { name: 'report.html', text: reportHtml(results) },
  ];
}

/** With the summary before them. JSON has no infinity, which is `inf` here, and what is unknown is null. */
function resultsJson(results: SwarmResults): string {
  const plain = (_: string, value: unknown): unknown => (value === Number.POSITIVE_INFINITY ? 'inf' : value);
  return `${JSON.stringify({ summary: summarise(results), ...results }, plain, 1)}\n`;
}

const time = (seconds: number | undefined): string => (seconds === undefined || Number.isNaN(seconds) ? '–' : formatDuration(seconds * 1000));

/** What a run comes to, name by name. */
function findings(results: SwarmResults, summary: Summary): [name: string, value: string][] {
  return [
    ['Last peer done', summary.lastSeconds === undefined ? `never: ${formatCount(summary.doneCount)} of ${formatCount(summary.peerCount)} were` : time(summary.lastSeconds)],
    ['Median peer', time(summary.medianSeconds)],
    ['Mean peer', summary.doneCount === 0 ? '–' : `${time(summary.meanSeconds)} (bound / mean ${(results.bound.seconds / summary.meanSeconds).toFixed(3)})`],
    ['Bound', `${time(results.bound.seconds)} (${results.bound.binding.formula})`],
    ['Bound / actual', summary.boundOverActual === undefined ? '–' : summary.boundOverActual.toFixed(3)],
    ['Uplink use', `${formatPercent(summary.peerUplinkUse)} of the peers, ${formatPercent(summary.uplinkUse)} with the seeds`],
    ['Duplicates', formatPercent(summary.wastedShare)],
    ['Fairness (Jain)', summary.fairness.toFixed(3)],
  ];
}

const CLASS_COLUMNS: readonly Column<ClassSummary>[] = [
  { key: 'class', heading: 'Class', value: (group) => group.className },
  { key: 'count', heading: 'Peers', value: (group) => group.count, show: formatCount },
  { key: 'doneCount', heading: 'Done', value: (group) => group.doneCount, show: formatCount },
  { key: 'firstPieceSeconds', heading: 'First piece', value: (group) => group.firstPieceSeconds, show: time },
  { key: 'medianSeconds', heading: 'Median', value: (group) => group.medianSeconds, show: time },
  { key: 'lastSeconds', heading: 'Last', value: (group) => group.lastSeconds, show: time },
  { key: 'receivedBytes', heading: 'Received', value: (group) => group.receivedBytes, show: formatBytes },
  { key: 'sentBytes', heading: 'Sent', value: (group) => group.sentBytes, show: formatBytes },
  { key: 'givenPerTaken', heading: 'Given/taken', value: (group) => (group.receivedBytes === 0 ? undefined : group.sentBytes / group.receivedBytes), show: (ratio) => ratio.toFixed(2) },
  { key: 'uplinkUse', heading: 'Uplink use', value: (group) => group.uplinkUse, show: formatPercent },
];

/** The findings as lines for a terminal. */
export function reportText(results: SwarmResults): string {
  const summary = summarise(results);
  const lines = findings(results, summary).map(([name, value]) => `${name.padEnd(16)} ${value}\n`).join('');
  const cut = results.isCutShort ? `Stopped at ${time(results.endedSeconds)}: what follows is how far it had come.\n` : '';
  return `${cut}${lines}\n${tableText(CLASS_COLUMNS, summary.classes)}`;
}

function reportHtml(results: SwarmResults): string {
  const summary = summarise(results);
  const cards = findings(results, summary).map(([name, value]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd></div>`).join('\n');
  const rows = summary.classes.map((group) => CLASS_COLUMNS.map((column) => {
    const value = column.value(group);
    return `<td>${escapeXml(value === undefined ? '–' : typeof value === 'number' ? column.show?.(value) ?? String(value) : value)}</td>`;
  }).join(''));
  const figures = swarmFigures(results).map(({ svg }) => `<figure>\n${svg}</figure>`).join('\n');
  const cut = results.isCutShort ? `<p class="cut">The run was stopped at ${time(results.endedSeconds)}; this is how far it had come.</p>` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(results.scenario)}: a simulated swarm</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeXml(results.scenario)}</h1>
<p>${escapeXml(results.description)}</p>
<p class="given">${formatBytes(results.fileBytes)} in ${formatCount(results.pieceCount)} pieces to ${formatCount(summary.peerCount)} peers; random seed ${results.seed}; ${formatCount(results.events)} events in ${time(results.endedSeconds)} of virtual time.</p>
${cut}</header>
<dl>
${cards}
</dl>
<table>
<thead><tr>${CLASS_COLUMNS.map((column) => `<th>${escapeXml(column.heading)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((cells) => `<tr>${cells}</tr>`).join('\n')}
</tbody>
</table>
<main>
${figures}
</main>
<footer>The swarm is Shoal's own, run in virtual time; payload is charged to the links, not carried. The bound is the fluid
model's: everybody there from the start, links used to the full.</footer>
</body>
</html>
`;
}

const STYLE = `
body { font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; color: #1a1a1a; background: #fff; max-width: 1180px; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; }
header p { max-width: 46rem; margin: .3rem 0; }
.given, footer { color: #5f6368; }
.cut { border-left: 4px solid #d55e00; padding-left: .7rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; margin: 1.6rem 0; }
dl div { border: 1px solid #e3e5e8; border-radius: 6px; padding: .6rem .9rem; }
dt { color: #5f6368; font-size: .85rem; }
dd { margin: 0; font-size: 1.15rem; font-weight: 600; }
table { border-collapse: collapse; margin: 1.6rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #e3e5e8; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(30rem, 1fr)); gap: 1.2rem; }
figure { margin: 0; border: 1px solid #e3e5e8; border-radius: 6px; overflow: hidden; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; }
footer { margin-top: 2rem; font-size: .85rem; max-width: 46rem; }
@media print { body { margin: 0; max-width: none; } main { grid-template-columns: 1fr 1fr; } }
`;
