/**
 * Tokens that prove that whoever asks can hear the answer: given to an address, and wanted back from it before anything is
 * stored or much is sent (BEP 5's write tokens).
 *
 * Invariant: a token is good for the address it was issued to, from its issue until the second rotation after it. Nothing is
 * kept for each token.
 */
import { sha1 } from './digest.ts';
import { equalBytes } from './compare.ts';

/** Bytes of a token: enough that guessing one takes longer than it lives. */
export const TOKEN_BYTES = 8;

export class TokenIssuer {
  readonly #freshSecret: () => Uint8Array;
  #secret: Uint8Array;
  #previousSecret: Uint8Array | undefined;

  /** @param freshSecret gives bytes that nobody can guess, other ones each time */
  constructor(freshSecret: () => Uint8Array) {
    this.#freshSecret = freshSecret;
    this.#secret = freshSecret();
  }

  /** Begins a new secret; tokens of the secret before the last are good no more. */
  rotate(): void {
    this.#previousSecret = this.#secret;
    this.#secret = this.#freshSecret();
  }

  /** The token for now of whoever is at `address`. */
  issue(address: string): Uint8Array {
    return tokenOf(this.#secret, address);
  }

  accepts(token: Uint8Array, address: string): boolean {
    if (equalBytes(token, tokenOf(this.#secret, address))) return true;
    return this.#previousSecret !== undefined && equalBytes(token, tokenOf(this.#previousSecret, address));
  }
}

function tokenOf(secret: Uint8Array, address: string): Uint8Array {
  return sha1(Buffer.concat([secret, Buffer.from(address)])).subarray(0, TOKEN_BYTES);
}
