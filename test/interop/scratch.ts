/** Where the cases keep their files: a folder that `run.ts` makes, names in the environment, and removes. */
export const SCRATCH_VARIABLE = 'SHOAL_INTEROP_SCRATCH';

export function scratchDirectory(): string {
  const directory = process.env[SCRATCH_VARIABLE];
  if (directory === undefined) throw new Error('the cases run in namespaces of their own: start them with npm run test:interop');
  return directory;
}
