/** What the cases need of the machine, beyond what a clone brings; found out before anything is started. */
import { spawnSync } from 'node:child_process';
import { PYTHON } from './libtorrent.ts';

/** By program: the Debian package that has it. */
const PROGRAMS: readonly (readonly [program: string, debianPackage: string])[] = [
  ['ip', 'iproute2'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['aria2c', 'aria2'],
  ['transmission-daemon', 'transmission-daemon'],
  ['opentracker', 'opentracker'],
];

/** A line for each thing that is not there; none where the cases can run. */
export function missingPrerequisites(): string[] {
  const missing: string[] = [];
  if (process.platform !== 'linux') return [`network namespaces are Linux's, and this is ${process.platform}`];
  for (const [program, debianPackage] of PROGRAMS) {
    if (!isOnPath(program)) missing.push(`${program} is not installed: apt-get install ${debianPackage}`);
  }
  const python = spawnSync(PYTHON, ['-c', 'import libtorrent'], { encoding: 'utf8' });
  if (python.status !== 0) missing.push(`${PYTHON} cannot import libtorrent: apt-get install python3-libtorrent`);
  if (process.getuid?.() !== 0) missing.push('only root may make network namespaces: run it as root');
  else if (missing.length === 0) missing.push(...refusals());
  return missing;
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** Root in a container may not be allowed to either. */
function refusals(): string[] {
  const tried = spawnSync('unshare', [
    '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c',
    'mkdir -p /run/netns && mount -t tmpfs probe /run/netns && ip netns add probe && ip link add probe type veth peer name peer netns probe && ip link add bridge type bridge',
  ], { encoding: 'utf8' });
  return tried.status === 0 ? [] : [`network namespaces cannot be made here: ${(tried.stderr || String(tried.error)).trim()}`];
}
