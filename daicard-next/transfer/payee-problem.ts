// SPDX-License-Identifier: MIT
import { parseIdentifier } from '../../lib/protocol/identifier.ts';
import { text } from '../strings/en.ts';

/** What is wrong with a payee as typed; null where one can pay there. */
export function payeeProblem(typed: string, self: string, hubUrl: string): string | null {
  const parsed = parseIdentifier(typed);
  if (!parsed.ok) return text.transfer.toWrong;
  if (parsed.value.identifier === self) return text.transfer.toSelf;
  const { hub } = parsed.value;
  return hub === null || hub.toLowerCase() === new URL(hubUrl).host ? null : text.transfer.toOtherHub;
}

/** The identifier alone, as the hub knows it. */
export function payeeOf(typed: string): string {
  const parsed = parseIdentifier(typed);
  return parsed.ok ? parsed.value.identifier : typed;
}
