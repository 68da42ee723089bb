// SPDX-License-Identifier: MIT
import { parseIdentifier } from '../../protocol/identifier.ts';
import { IndraError } from '../indra-error.ts';
import { invalid, type Parser } from './argument.ts';

/**
 * Whom to pay at the hub with this URL, without the hub's name behind the door. Which hub that is says the URL its user gave,
 * not the hub, or it could take in what was meant for another.
 */
export const payeeAt =
  (hubUrl: string): Parser<string> =>
  (value, field) => {
    const payee = typeof value === 'string' ? parseIdentifier(value) : null;
    if (payee === null || !payee.ok) throw invalid(field, 'that is no whole identifier (indra…)');
    const { identifier, hub } = payee.value;
    const own = new URL(hubUrl).host;
    if (hub !== null && hub.toLowerCase() !== own)
      throw IndraError.from('other_hub', { field, identifier, hub, own });
    return identifier;
  };
