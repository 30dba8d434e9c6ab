/** What a node that stays says of itself, and how others join its network through it. */
import { style } from './style.ts';

/** @param option with which an endpoint is named, such as `--bootstrap` */
export function joinText(names: readonly string[], option: string, endpoints: readonly string[]): string {
  const { bold, dim } = style(process.stdout);
  return [
    ...names,
    '',
    bold('Others join through it with'),
    ...endpoints.map((endpoint) => `  ${option} ${endpoint}`),
    '',
    dim('Ctrl-C stops it.'),
    '',
  ].join('\n');
}
