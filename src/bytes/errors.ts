/**
 * The one root of every error that Shoal raises on purpose. A `ShoalError` is a sentence for a person (what happened, to
 * what, what to do) and a code for a program; anything else that is thrown is a bug in Shoal.
 */
export class ShoalError extends Error {
  /** Stable, in capitals: what a program may branch on. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The one line that a person is shown for anything thrown. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeError).join('; ');
  return error instanceof Error ? error.message : String(error);
}
