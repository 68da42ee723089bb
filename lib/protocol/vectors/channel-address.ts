// SPDX-License-Identifier: MIT
/** Channel addresses: CREATE2 of OpenZeppelin's clone with immutable arguments, put together from its own source. */
import { readFileSync } from 'node:fs';
import { getCreate2Address, keccak256, solidityPacked } from 'ethers';
import { INITIATOR, RESPONDER, TOP_ADDRESS, ZERO_WORD, actor, address } from './actors.ts';

const CLONES = new URL('../../../node_modules/@openzeppelin/contracts/proxy/Clones.sol', import.meta.url);
const body = readFileSync(CLONES, 'utf8').split('function _cloneCodeWithImmutableArgs(')[1] ?? '';
const [push, copy, run] = [...body.matchAll(/hex"([0-9a-f]+)"/g)].map((match) => `0x${match[1]}`);
const CODE_SIZE = Number(/args\.length \+ (0x[0-9a-f]+)/.exec(body)?.[1]);

const initCode = (implementation: string, args: string): string =>
  solidityPacked(
    ['bytes', 'uint16', 'bytes', 'address', 'bytes', 'bytes'],
    [push, (args.length - 2) / 2 + CODE_SIZE, copy, implementation, run, args],
  );

const stranger = actor('stranger');
const code = { factory: address('factory'), implementation: address('implementation') };
const parties = { initiator: INITIATOR.address, responder: RESPONDER.address, challengePeriod: 86_400 };

const cases = [
  { name: 'a day to answer', code, parties },
  { name: 'an hour to answer', code, parties: { ...parties, challengePeriod: 3600 } },
  { name: 'a period of one byte', code, parties: { ...parties, challengePeriod: 1 } },
  { name: 'the longest period', code, parties: { ...parties, challengePeriod: 0xffffffff } },
  { name: 'another initiator', code, parties: { ...parties, initiator: stranger.address } },
  {
    name: 'the seats exchanged',
    code,
    parties: { ...parties, initiator: RESPONDER.address, responder: INITIATOR.address },
  },
  { name: 'another factory', code: { ...code, factory: TOP_ADDRESS }, parties },
  { name: 'another implementation', code: { ...code, implementation: TOP_ADDRESS }, parties },
];

export const channelAddresses = cases.map(({ name, code: deployed, parties: by }) => {
  const args = solidityPacked(
    ['address', 'address', 'uint32'],
    [by.initiator, by.responder, by.challengePeriod],
  );
  const made = initCode(deployed.implementation, args);
  return {
    name,
    code: deployed,
    parties: by,
    args,
    initCode: made,
    channel: getCreate2Address(deployed.factory, ZERO_WORD, keccak256(made)).toLowerCase(),
  };
});
