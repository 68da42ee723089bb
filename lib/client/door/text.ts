// SPDX-License-Identifier: MIT
import { parseLink, type Link } from '../../protocol/link.ts';
import { invalid, type Parser } from './argument.ts';

const NOTE_MAX = 512;
const CURSOR_MAX = 4_096;
const CORRELATION_ID = /^[\w.:-]{1,64}$/;

/** Counted in UTF-16 units, as on the wire. Half of a character could not be written as UTF-8. */
export const note: Parser<string> = (value, field) => {
  if (typeof value !== 'string') throw invalid(field, 'a note is text');
  if (value.length > NOTE_MAX) throw invalid(field, `a note has at most ${NOTE_MAX} characters`);
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value))
    throw invalid(field, 'the note ends or begins in the middle of a character');
  return value;
};

export const correlationId: Parser<string> = (value, field) => {
  if (typeof value !== 'string' || !CORRELATION_ID.test(value))
    throw invalid(field, 'a correlation id has 1 to 64 letters, digits, or any of . : _ -');
  return value;
};

export const cursor: Parser<string> = (value, field) => {
  if (typeof value !== 'string' || value === '' || value.length > CURSOR_MAX)
    throw invalid(field, 'give the `next` of the page before');
  return value;
};

export const link: Parser<Link> = (value, field) => {
  const parsed = typeof value === 'string' ? parseLink(value) : null;
  if (parsed === null || !parsed.ok) throw invalid(field, 'that is no whole payment link');
  return parsed.value;
};

/** Without slashes at its end. Credentials, queries and fragments have no place in it. */
export const webAddress: Parser<string> = (value, field) => {
  const isUrl = typeof value === 'string' && /^https?:\/\/[^\s/]/.test(value) && URL.canParse(value);
  const url = isUrl ? new URL(value) : null;
  if (url === null || url.username + url.password + url.search + url.hash !== '')
    throw invalid(field, 'give an http(s) address such as https://hub.example');
  return String(value).replace(/\/+$/, '');
};

/** Of a chain's node: its key may stand in the query. */
export const nodeAddress: Parser<string> = (value, field) => {
  if (typeof value !== 'string' || !/^https?:\/\/[^\s/]/.test(value) || !URL.canParse(value))
    throw invalid(field, 'give the http(s) address of a chain node');
  return value;
};
