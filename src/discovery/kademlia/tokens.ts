/**
 * Write tokens: who wants to store something shows that it receives what is sent to its address, by giving back a token
 * that it was sent there a short while ago (BEP 5). Nothing is remembered of tokens given: each is a digest of the address
 * and a secret.
 *
 * Invariant: a token is good for the machine address it was given to, for at least five minutes and at most ten.
 */
import { equalBytes } from '../../bytes/compare.ts';
import { sha1 } from '../../bytes/digest.ts';
import type { Random } from '../../runtime/random.ts';

const SECRET_BYTES = 16;
const SECRET_LIFE_MS = 5 * 60_000;
/** Enough that guessing is hopeless; the answers that carry tokens are the bulk of what a node sends. */
const TOKEN_BYTES = 8;

export class Tokens {
  readonly #random: Random;
  #secret: Uint8Array;
  #formerSecret: Uint8Array;
  #bornMs: number;

  constructor(random: Random, nowMs: number) {
    this.#random = random;
    this.#secret = random.bytes(SECRET_BYTES);
    this.#formerSecret = random.bytes(SECRET_BYTES);
    this.#bornMs = nowMs;
  }

  /** A token for whoever asks from `address` (4 or 16 bytes). */
  issue(address: Uint8Array, nowMs: number): Uint8Array {
    this.#rotate(nowMs);
    return tokenOf(this.#secret, address);
  }

  isValid(token: Uint8Array, address: Uint8Array, nowMs: number): boolean {
    this.#rotate(nowMs);
    return equalBytes(token, tokenOf(this.#secret, address)) || equalBytes(token, tokenOf(this.#formerSecret, address));
  }

  #rotate(nowMs: number): void {
    const ageMs = nowMs - this.#bornMs;
    if (ageMs < SECRET_LIFE_MS) return;
    // Where nobody asked for long, the current secret is as old as its tokens may be at most, and must go too.
    this.#formerSecret = ageMs < 2 * SECRET_LIFE_MS ? this.#secret : this.#random.bytes(SECRET_BYTES);
    this.#secret = this.#random.bytes(SECRET_BYTES);
    this.#bornMs += Math.floor(ageMs / SECRET_LIFE_MS) * SECRET_LIFE_MS;
  }
}

function tokenOf(secret: Uint8Array, address: Uint8Array): Uint8Array {
  const hashed = new Uint8Array(SECRET_BYTES + address.length);
  hashed.set(secret);
  hashed.set(address, SECRET_BYTES);
  return sha1(hashed).subarray(0, TOKEN_BYTES);
}
