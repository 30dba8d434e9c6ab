/**
 * What stands around the info dictionary of a torrent file: trackers (BEP 12), web seeds (BEP 19), and words for people.
 * None of it is covered by the info-hash, so anybody may have changed it: what cannot be used is passed over, not refused.
 *
 * Invariant: addresses are of the form `scheme://…`, without blanks, within bounds, and each there once; words are without
 * control characters, so that they can be printed.
 */
import { type BencodeDictionary, type BencodeValue, field } from '../bytes/bencode.ts';
import { LIMITS } from '../bytes/limits.ts';
import type { Metainfo } from './metainfo.ts';

export type Outer = Pick<Metainfo, 'trackers' | 'webSeeds' | 'comment' | 'createdBy' | 'creationDate'>;

export const NO_OUTER: Outer = { trackers: [], webSeeds: [], comment: undefined, createdBy: undefined, creationDate: undefined };

export function readOuter(outer: BencodeDictionary): Outer {
  const tiers = uniqueTiers((field.list(outer, 'announce-list') ?? []).map(textsOf));
  const webSeeds = uniqueTiers([textsOf(outer.get('url-list'))]).flat();
  const creationDate = field.integer(outer, 'creation date');
  return {
    trackers: tiers.length > 0 ? tiers : uniqueTiers([textsOf(outer.get('announce'))]),
    webSeeds: webSeeds.slice(0, LIMITS.webSeeds),
    comment: printableText(field.text(outer, 'comment.utf-8') ?? field.text(outer, 'comment')),
    createdBy: printableText(field.text(outer, 'created by')),
    creationDate: creationDate !== undefined && creationDate >= 0 ? creationDate : undefined,
  };
}

/** The tiers with what is no address, stands twice or exceeds `LIMITS.trackers` left out, and no empty ones. */
export function uniqueTiers(tiers: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const isNew = (url: string): boolean => {
    if (!isUrl(url) || seen.has(url) || seen.size >= LIMITS.trackers) return false;
    seen.add(url);
    return true;
  };
  return tiers.map((tier) => tier.map((url) => url.trim()).filter(isNew)).filter((tier) => tier.length > 0);
}

/** Whether it can be the address of a tracker or web seed. */
export function isUrl(text: string): boolean {
  return text.length <= LIMITS.urlLength && /^[a-z][a-z0-9+.-]*:\/\/[^\s\p{Cc}]+$/iu.test(text);
}

/** A string, or a list of them, as texts. */
function textsOf(value: BencodeValue | undefined): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  return Array.isArray(value) ? value.filter((item) => item instanceof Uint8Array).map((item) => Buffer.from(item).toString('utf8')) : [];
}

/** A text of any number of lines without what a terminal would act on, and no longer than a comment may be. */
export function printableText(text: string | undefined): string | undefined {
  return text?.slice(0, LIMITS.commentLength).toWellFormed().replace(/[^\P{Cc}\n\t]/gu, '');
}
