// SPDX-License-Identifier: MIT
/**
 * What a caller passes is read once, here, before anything starts: a parser per kind of argument, and one refusal,
 * `invalid_argument`, that names the field. Behind the door the types are true.
 */
import { IndraError } from '../indra-error.ts';

export type Parser<T> = (value: unknown, field: string) => T;

export const invalid = (field: string, reason: string): IndraError =>
  IndraError.from('invalid_argument', { field, reason });

export const optional =
  <T>(parse: Parser<T>): Parser<T | undefined> =>
  (value, field) =>
    value === undefined ? undefined : parse(value, field);

export const flag: Parser<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw invalid(field, 'give true or false');
  return value;
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Parser<T> =>
  (value, field) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw invalid(field, `give one of ${choices.join(', ')}`);
    return found;
  };

/** Anything that has these methods: stores, signers, lines and clocks are the caller's own classes. */
export const having =
  <T extends object>(...methods: readonly (keyof T & string)[]): Parser<T> =>
  (value, field) => {
    const missing = methods.find((name) => typeof (value as T | null | undefined)?.[name] !== 'function');
    if (missing !== undefined) throw invalid(field, `there is no ${missing}() in it`);
    return value as T;
  };

export type Shape<T> = { readonly [Name in keyof Required<T>]: Parser<T[Name]> };

/** A field that is not known is a slip of the pen: `paymentID` would mean a new payment at every try. */
export const shape =
  <T extends object>(fields: Shape<T>, what: string): Parser<T> =>
  (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(field === '' ? what : field, 'give an object');
    const path = field === '' ? '' : `${field}.`;
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
    if (unknown !== undefined) throw invalid(`${path}${unknown}`, `there is no such field in ${what}`);
    const read: Record<string, unknown> = {};
    for (const [name, parse] of Object.entries(fields) as [string, Parser<unknown>][]) {
      const parsed = parse((value as Record<string, unknown>)[name], `${path}${name}`);
      if (parsed !== undefined) read[name] = parsed;
    }
    return read as T;
  };
