/**
 * Variants of a scenario: its file with some fields changed, for comparing and sweeping.
 *
 * Invariant: the file that is varied stays as it is; whether a variant makes sense is for `checkScenario` to say.
 */
import { ShoalError } from '../bytes/errors.ts';

export interface Variant {
  /** Such as `peers.choking=random`; empty where nothing was changed. */
  readonly name: string;
  readonly file: unknown;
}

/**
 * The file with one field changed: `peers[0].up=2Mbps`, `seeds.choking=random`; without an index a list's field is changed in
 * all its items: `peers.choking=random`. Throws `ShoalError` 'BAD_CHANGE'.
 */
export function withChange(file: unknown, change: string): unknown {
  const match = /^([a-zA-Z]\w*(?:\[\d+\])?(?:\.\w+(?:\[\d+\])?)*)=(.*)$/s.exec(change);
  if (match === null) throw new ShoalError('BAD_CHANGE', `${JSON.stringify(change)} is no change: expected a field and its value, such as peers.count=300`);
  const steps = match[1].split(/\.|(?=\[)/).map((step) => (step.startsWith('[') ? Number(step.slice(1, -1)) : step));
  const copy: unknown = structuredClone(file);
  setAt(copy, steps, valueOf(match[2]), match[1]);
  return copy;
}

function setAt(target: unknown, [step, ...rest]: (string | number)[], value: unknown, path: string): void {
  if (Array.isArray(target) && typeof step === 'string') {
    for (const item of target) setAt(item, [step, ...rest], value, path);
    return;
  }
  if (target === null || typeof target !== 'object' || (typeof step === 'number' && !(Array.isArray(target) && step < target.length))) {
    throw new ShoalError('BAD_CHANGE', `the scenario has no ${path}`);
  }
  const holder = target as Record<string | number, unknown>;
  if (rest.length === 0) holder[step] = value;
  else {
    // What is left to its default can be changed too.
    holder[step] ??= {};
    setAt(holder[step], rest, value, path);
  }
}

/** Numbers, true, false and JSON as what they are, all else as text: `400kbps` needs no quotes. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * Every combination of the values of each of the changes: `['peers.choking=textbook,random', 'seeds.up=1Mbps,2Mbps']` gives
 * four variants. Throws `ShoalError` 'BAD_CHANGE'.
 */
export function variantsOf(file: unknown, changes: readonly string[]): Variant[] {
  return changes.reduce<Variant[]>((variants, change) => {
    const at = change.indexOf('=');
    if (at < 1) throw new ShoalError('BAD_CHANGE', `${JSON.stringify(change)} names no values: expected such as peers.count=100,300,1000`);
    const values = change.slice(at + 1).split(',');
    return variants.flatMap((variant) => values.map((value) => {
      const one = `${change.slice(0, at)}=${value}`;
      return { name: [variant.name, one].filter((part) => part !== '').join(' '), file: withChange(variant.file, one) };
    }));
  }, [{ name: '', file }]);
}
