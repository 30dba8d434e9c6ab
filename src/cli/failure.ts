/**
 * How a command ends. 0: done; 1: failed; 2: called wrongly; 128 and the signal's number: stopped by it before it was done,
 * as is the custom of shells.
 *
 * Invariant: a failure is one line on standard error, and never a stack trace unless SHOAL_DEBUG is set.
 */
import { inspect } from 'node:util';
import { describeError, ShoalError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import type { DisplayEvent } from './display.ts';
import { programName } from './invocation.ts';

export const FAILED = 1;
const CALLED_WRONGLY = 2;

/** The command makes no sense as it was typed. */
export class UsageError extends ShoalError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** A signal came before the command had done what it was called for. */
export class Interrupted extends ShoalError {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('INTERRUPTED', 'interrupted');
    this.exitCode = exitCode;
  }
}

const LINE_LENGTH = 1000;

/** The line for a person. What is no `ShoalError` is a mistake of Shoal's own, and says so. */
export function failureLine(error: unknown): string {
  const line = printable(describeError(error), LINE_LENGTH);
  return error instanceof ShoalError ? line : `${line} (an error in Shoal itself; SHOAL_DEBUG=1 shows where)`;
}

/** The same for a program. */
export function failureEvent(error: unknown): DisplayEvent {
  return { event: 'error', code: error instanceof ShoalError ? error.code : 'INTERNAL', error: failureLine(error) };
}

/** Says what went wrong, and gives the exit code for it. */
export function reportFailure(error: unknown, commandName: string): number {
  if (error instanceof Interrupted) return error.exitCode;
  // To be typed as the command was.
  const hint = error instanceof UsageError ? ` (see ${commandName.replace(/^shoal/, programName())} --help)` : '';
  process.stderr.write(`${commandName}: ${failureLine(error)}${hint}\n`);
  if (isDebugging()) process.stderr.write(`${inspect(error)}\n`);
  return error instanceof UsageError ? CALLED_WRONGLY : FAILED;
}

function isDebugging(): boolean {
  return (process.env['SHOAL_DEBUG'] ?? '') !== '';
}
