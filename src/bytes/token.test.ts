import assert from 'node:assert/strict';
import test from 'node:test';
import { TokenIssuer } from './token.ts';

function issuer(): TokenIssuer {
  let next = 0;
  return new TokenIssuer(() => Uint8Array.of(next++));
}

test('a token is good for its address alone', () => {
  const tokens = issuer();
  const token = tokens.issue('1.2.3.4');
  assert.ok(tokens.accepts(token, '1.2.3.4'));
  assert.ok(!tokens.accepts(token, '1.2.3.5'));
  assert.ok(!tokens.accepts(new Uint8Array(8), '1.2.3.4'));
  assert.ok(!tokens.accepts(token.subarray(0, 7), '1.2.3.4'));
  assert.ok(!tokens.accepts(new Uint8Array(), '1.2.3.4'));
});

test('a token outlives one rotation, and not two', () => {
  const tokens = issuer();
  const token = tokens.issue('::1');
  tokens.rotate();
  assert.ok(tokens.accepts(token, '::1'));
  assert.notDeepEqual(tokens.issue('::1'), token);
  tokens.rotate();
  assert.ok(!tokens.accepts(token, '::1'));
});

test('two issuers do not know each other\'s tokens', () => {
  const one = new TokenIssuer(() => Uint8Array.of(1));
  const other = new TokenIssuer(() => Uint8Array.of(2));
  assert.ok(!other.accepts(one.issue('1.2.3.4'), '1.2.3.4'));
});
