// SPDX-License-Identifier: MIT
/** Payment links: `<card origin>/redeem#1.<chainId>.<transferId>.<secret>.<hub URL>`. The fragment never reaches a server. */
import { toBytes, toHash, utf8 } from './bytes.ts';
import { refuse, type Outcomes } from './errors.ts';
import { ok } from './result.ts';
import type { Hash } from './types.ts';

export interface Link {
  readonly chainId: number;
  readonly transferId: Hash;
  readonly secret: Hash;
  readonly hubUrl: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Ample for any hub URL; what is longer is no link. */
const MAX_FRAGMENT = 4096;

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let digit = 0; digit < Math.min(left, 3) + 1; digit++)
      text += ALPHABET[(group >> (18 - 6 * digit)) & 63]!;
  }
  return text;
}

function fromBase64url(text: string): Uint8Array | null {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    bits = (bits << 6) | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push((bits >> held) & 255);
    }
    bits &= (1 << held) - 1;
  }
  return bits === 0 && text.length % 4 !== 1 ? Uint8Array.from(out) : null;
}

export const formatLink = (cardOrigin: string, link: Link): string =>
  `${cardOrigin.replace(/\/$/, '')}/redeem#${[
    '1',
    link.chainId,
    base64url(toBytes(link.transferId)),
    base64url(toBytes(link.secret)),
    base64url(utf8(link.hubUrl)),
  ].join('.')}`;

/** Reads a whole link or just its fragment. Fails with `malformed`. */
export function parseLink(text: string): Outcomes<Link> {
  const fragment = text.slice(text.indexOf('#') + 1).trim();
  if (fragment.length > MAX_FRAGMENT) return refuse('malformed', { what: 'link' });
  const [version, chain = '', transfer = '', secret = '', hub = '', ...rest] = fragment.split('.');
  const chainId = Number(chain);
  const transferId = fromBase64url(transfer);
  const secretBytes = fromBase64url(secret);
  const hubUrl = fromBase64url(hub);
  if (
    version !== '1' ||
    rest.length > 0 ||
    !/^[1-9][0-9]{0,14}$/.test(chain) ||
    transferId?.length !== 32 ||
    secretBytes?.length !== 32 ||
    hubUrl === null ||
    hubUrl.some((byte) => byte < 0x21 || byte > 0x7e)
  )
    return refuse('malformed', { what: 'link' });
  const url = String.fromCharCode(...hubUrl);
  if (!/^https?:\/\/[^\s/]+/.test(url)) return refuse('malformed', { what: 'link' });
  return ok({ chainId, transferId: toHash(transferId), secret: toHash(secretBytes), hubUrl: url });
}
