/** A peer of the ring that misbehaves: production's own, with its answers changed on their way out. */
import { toHex } from '../../src/bytes/hex.ts';
import { decodeMessage, encodeMessage, type Answer, type Query } from '../../src/discovery/ring/messages.ts';
import type { Tamper } from '../../src/lab/ring-network.ts';

/** What the peer answers instead of `truth`. */
export type Lie = (query: Query, truth: Answer) => Answer;

/** Answers with `lie`; everything else the peer does as it should. */
export function lyingWith(lie: Lie): Tamper {
  return (socket) => {
    const asked = new Map<string, Query>();
    return {
      endpoint: socket.endpoint,
      close: () => socket.close(),
      receive: (handler) => socket.receive((bytes, from) => {
        const message = decodeMessage(bytes, 4);
        if (message.kind === 'query') asked.set(toHex(message.transaction), message.query);
        handler(bytes, from);
      }),
      send: (bytes, to) => {
        const message = decodeMessage(bytes, 4);
        const query = message.kind === 'answer' ? asked.get(toHex(message.transaction)) : undefined;
        if (message.kind !== 'answer' || query === undefined) socket.send(bytes, to);
        else socket.send(encodeMessage({ ...message, answer: lie(query, message.answer) }, 4), to);
      },
    };
  };
}
