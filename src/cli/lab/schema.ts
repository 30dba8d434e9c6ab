/** `shoal lab schema`: what may stand in a scenario, for editors and other programs; `shoal lab presets`: scenarios to begin with. */
import type { Command } from 'commander';
import { ShoalError } from '../../bytes/errors.ts';
import { isPreset, PRESETS } from '../../lab/presets.ts';
import { scenarioJsonSchema } from '../../lab/scenario.ts';

export function define(lab: Command): void {
  lab.command('schema').description('Print the JSON Schema of scenarios.')
    .action(() => { process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`); });
  lab.command('presets').argument('[name]', 'one of them').description('List the presets, or print one as a scenario to begin with.')
    .action((name: string | undefined) => { process.stdout.write(name === undefined ? listing() : `${presetText(name)}\n`); });
}

function listing(): string {
  return Object.entries(PRESETS).map(([name, { description }]) => `${name.padEnd(15)} ${description}\n`).join('');
}

function presetText(name: string): string {
  if (!isPreset(name)) throw new ShoalError('NO_PRESET', `there is no preset "${name}": expected one of ${Object.keys(PRESETS).join(', ')}`);
  return JSON.stringify(PRESETS[name], undefined, 2);
}
