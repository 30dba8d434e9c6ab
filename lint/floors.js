/**
 * The two rules of the house, as lint rules (see ARCHITECTURE.md):
 *   floors/imports-go-down   a room imports only from rooms on lower floors, and no two rooms import each other;
 *   floors/no-outside-world  above the runtime seam nobody names `node:*`, timers, the clock or randomness.
 */
import { isBuiltin } from 'node:module';
import path from 'node:path';

/** From the ground up. A room may import from rooms further up in this list, and from itself. */
const FLOORS = [
  'bytes',
  'runtime',
  'metainfo',
  'wire',
  'storage',
  'discovery',
  'swarm',
  'session',
  'tracker',
  'lab',
  'cli',
];

/** Rooms and files that are the outside world's own side of the seam. */
const OUTSIDE = ['src/runtime/node/', 'src/cli/', 'src/bytes/digest.ts', 'src/bytes/signature.ts'];
/** What a simulation needs of the real event loop. */
const SIMULATION = 'src/runtime/simulated/simulation.ts';

const FORBIDDEN_GLOBALS = new Set([
  'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate',
  'performance', 'process', 'console', 'fetch', 'WebSocket', 'crypto', 'require', 'globalThis', 'global',
]);
const FORBIDDEN_MEMBERS = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout']);
/** What has such a member: it may be used by the names of its others, and in no way that could reach this one. */
const WATCHED = new Set([...FORBIDDEN_MEMBERS].map((member) => member.split('.')[0]));

function isHarmless(node) {
  const { parent } = node;
  switch (parent.type) {
    case 'MemberExpression': return parent.object === node && !parent.computed;
    case 'BinaryExpression': return parent.operator === 'instanceof';
    // `new Date(ms)` is arithmetic; `new Date()` asks the clock.
    case 'NewExpression': return parent.callee === node && parent.arguments.length > 0;
    default: return false;
  }
}

/** The path of a file from the project's root, with slashes; undefined outside src/. */
function placeInSource(filename) {
  const normal = filename.split(path.sep).join('/');
  const at = normal.lastIndexOf('/src/');
  return at < 0 ? undefined : normal.slice(at + 1);
}

function roomOf(place) {
  const [, room, rest] = place.split('/');
  return rest === undefined ? undefined : room;
}

const isTest = (place) => place.endsWith('.test.ts');

const importsGoDown = {
  create(context) {
    const place = placeInSource(context.filename);
    const room = place && roomOf(place);
    if (room === undefined || isTest(place)) return {};
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string' || !source.startsWith('.')) return;
      const target = path.posix.join(path.posix.dirname(place), source);
      const targetRoom = roomOf(target);
      if (!target.startsWith('src/')) return context.report({ node, message: `${place} imports from outside src/` });
      if (targetRoom === undefined) return context.report({ node, message: `${place} imports the package's face, ${target}` });
      if (targetRoom === room) {
        if (room === 'runtime' && !/^src\/runtime\/(node|simulated)\//.test(place) && /^src\/runtime\/(node|simulated)\//.test(target)) {
          context.report({ node, message: 'the seam must not know which world is behind it' });
        }
        return;
      }
      const from = FLOORS.indexOf(room);
      const to = FLOORS.indexOf(targetRoom);
      if (from < 0) context.report({ node, message: `the room ${room}/ stands on no floor: add it to lint/floors.js` });
      else if (to < 0) context.report({ node, message: `the room ${targetRoom}/ stands on no floor: add it to lint/floors.js` });
      else if (to > from) context.report({ node, message: `imports go down only: ${room}/ stands below ${targetRoom}/` });
      else if (/^src\/runtime\/(node|simulated)\//.test(target) && !['cli', 'lab'].includes(room)) {
        context.report({ node, message: `${room}/ must take its runtime as a parameter, not import ${target}` });
      }
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

const noOutsideWorld = {
  create(context) {
    const place = placeInSource(context.filename);
    const room = place && roomOf(place);
    if (room === undefined || isTest(place) || OUTSIDE.some((free) => place.startsWith(free))) return {};
    const report = (node, what) => context.report({ node, message: `${what} is the outside world: go through src/runtime/` });
    const checkImport = (node) => {
      const source = node.source?.value;
      if (typeof source === 'string' && !source.startsWith('.') && isBuiltin(source)) report(node, source);
    };
    return {
      ImportDeclaration: checkImport,
      ImportExpression: checkImport,
      ExportNamedDeclaration: checkImport,
      ExportAllDeclaration: checkImport,
      Identifier(node) {
        if (place === SIMULATION) return;
        const { parent } = node;
        if (!FORBIDDEN_GLOBALS.has(node.name) && (!WATCHED.has(node.name) || isHarmless(node))) return;
        const isName = (parent.type === 'MemberExpression' && parent.property === node && !parent.computed)
          || ((parent.type === 'Property' || parent.type === 'PropertyDefinition' || parent.type === 'MethodDefinition') && parent.key === node && !parent.computed)
          || parent.type.startsWith('TS');
        if (!isName) report(node, node.name);
      },
      MemberExpression(node) {
        if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
        const name = `${node.object.name}.${node.property.name}`;
        if (FORBIDDEN_MEMBERS.has(name)) report(node, name);
      },
    };
  },
};

export default {
  meta: { name: 'floors' },
  rules: { 'imports-go-down': importsGoDown, 'no-outside-world': noOutsideWorld },
};
