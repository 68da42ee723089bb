// SPDX-License-Identifier: MIT
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { StoreFault } from './store.ts';

/** First byte of a packed body. A change of the dictionary or the packing is another one. */
const FORMAT = 1;

/**
 * Words the bodies of a hub are full of, the most frequent last, where the shortest distances are. Part of the format:
 * never edited, only followed by another one.
 */
const DICTIONARY = Buffer.from(
  [
    '{"kind":"execute","digest":"0x","signature":"0x","at":17',
    '"challenge":{"version":"","finalizesAt":',
    '"departed":[{"withdrawals":[{"dataHash":"0x","recipient":"0x","deadline":17',
    '"withdrawalSignatures":[',
    '"status":{"kind":"cancelled","at":17',
    '"status":{"kind":"pending"},"seq":0,"listed":false}',
    '"seq":1,"listed":false,"status":{"kind":"claimed","channel":"0x","appId":"0x","user":"0x","checkAt":17',
    '"status":{"kind":"resolved","preimage":"0x","user":"0x","at":17',
    '{"transferId":"0x","chainId":31337,"payer":"0x","payerChannel":"0x","appId":"0x","recipient":"0x","claimant":null,"sealed":"0x',
    '"asset":"0x0000000000000000000000000000000000000000","amount":"1000000000000000000","lockHash":"0x',
    '"expiresAt":17,"holdUntil":17,"note":null,"sender":"indra","createdAt":17',
    '"outbox":[{"kind":"create","transfer":{"transferId":"0x',
    '{"kind":"paid","transferId":"0x","appId":"0x","preimage":"0x","at":17',
    '"apps":[{"id":"0x","nonce":"0x","definition":"0x","installVersion":"1","first":0,"outcomeType":1,"stakes":[{"asset":"0x","amounts":["10000000000","0"]}],"periods":[7200,14400],"actionDeadline":0,"holdUntil":17',
    '"state":"0x0000000000000000000000000000000000000000000000000000000000000000',
    '"version":"0","signatures":[null,null],"route":{"side":"payer","transferId":"0x',
    '"side":"payee"',
    '{"channel":{"domain":{"chainId":31337,"registry":"0x"},"address":"0x","initiator":"0x","responder":"0x","challengePeriod":86400},',
    '"ledger":{"epoch":"0","version":"1","assets":[{"asset":"0x0000000000000000000000000000000000000000","balances":["1000000000000000","0"],"deposits":["1000000000000000","0"],"withdrawn":["0","0"],"locked":"0"}],"appsRoot":"0x',
    '"signatures":["0x","1b","0x","1c"],"apps":[],"withdrawals":[],"routes":[],"departed":[],"outbox":[],"withdrawalSignatures":[],"challenge":null,"due":null}',
  ].join(''),
);

/**
 * A body as DynamoDB holds it. Writes are charged by the kilobyte, and a body is mostly hex digits and the same few
 * words: packed it is a third. A change of one byte of text changes what is stored, never what is read.
 */
export function packBody(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([FORMAT]), deflateRawSync(text, { dictionary: DICTIONARY })]);
}

export function unpackBody(packed: Uint8Array): string {
  if (packed[0] !== FORMAT)
    throw new StoreFault('schema_unknown', `a body is packed in format ${packed[0] ?? 'none'}`);
  return inflateRawSync(packed.subarray(1), { dictionary: DICTIONARY }).toString('utf8');
}
