/** What a query gets: an answer, or a refusal with its reason. */
import type { Answer } from './messages.ts';

export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'error'; readonly code: number; readonly text: string };

export function answer(content: Answer): Reply {
  return { kind: 'answer', answer: content };
}

/** @param code one of `ERROR` */
export function refusal(code: number, text: string): Reply {
  return { kind: 'error', code, text };
}
