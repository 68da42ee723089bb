// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { getBytes, hexlify, keccak256 } from 'ethers';

import { deployApps, deployContracts, deployTestToken, requireCommitted } from '../deploy.ts';
import { domainSeparatorOf } from './support/typed-data.ts';
import { ethers } from './support/world.ts';

const read = <T>(path: string): T =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;

interface Compiled {
  bytecode: string;
  deployedBytecode: string;
  immutables: { start: number; length: number }[];
}

const compiled = (name: string) => read<Compiled>(`lib/chain/abi/${name}.json`);
const hashes = read<Record<string, { creation: string; deployedWithoutImmutables: string }>>(
  'contracts/bytecode-hashes.json',
);

/** Code on chain with zeros where a deployment writes its immutable values. */
function masked(code: string, { immutables }: Compiled): string {
  const bytes = getBytes(code);
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return hexlify(bytes);
}

describe('deployment', () => {
  it('puts the committed bytecode on chain, linked to each other and to one signing domain', async () => {
    const [signer] = await ethers.getSigners();
    const deployment = await deployContracts(signer!);
    const registry = await ethers.getContractAt('ChallengeRegistry', deployment.registry);
    const factory = await ethers.getContractAt('ChannelFactory', deployment.factory);
    const channel = await ethers.getContractAt('Channel', deployment.channelImplementation);
    expect(await registry.factory!()).to.equal(deployment.factory);
    expect(await registry.channelImplementation!()).to.equal(deployment.channelImplementation);
    expect(await factory.implementation!()).to.equal(deployment.channelImplementation);
    expect(await channel.registry!()).to.equal(deployment.registry);
    const separator = domainSeparatorOf(deployment.chainId, deployment.registry);
    expect(await registry.domainSeparator!()).to.equal(separator);
    expect(await channel.domainSeparator!()).to.equal(separator);

    for (const [name, address] of [
      ['ChallengeRegistry', deployment.registry],
      ['ChannelFactory', deployment.factory],
      ['Channel', deployment.channelImplementation],
      ['TransferApp', deployment.transferApp],
    ] as const) {
      const code = masked(await ethers.provider.getCode(address), compiled(name));
      expect(code).to.equal(compiled(name).deployedBytecode);
      expect(keccak256(code)).to.equal(hashes[name]!.deployedWithoutImmutables);
      expect(keccak256(compiled(name).bytecode)).to.equal(hashes[name]!.creation);
    }
  });

  it('puts the committed bytecode of the other apps on chain', async () => {
    const [signer] = await ethers.getSigners();
    for (const [key, address] of Object.entries(await deployApps(signer!))) {
      const name = key.charAt(0).toUpperCase() + key.slice(1);
      const code = await ethers.provider.getCode(address);
      expect(keccak256(code)).to.equal(hashes[name]!.deployedWithoutImmutables);
    }
  });

  it('refuses bytecode that is not the committed one, by a single bit', () => {
    for (const name of ['ChallengeRegistry', 'TransferApp', 'NimApp'] as const) {
      const { bytecode } = compiled(name);
      requireCommitted(name, bytecode);
      const bytes = getBytes(bytecode);
      bytes[bytes.length - 1]! ^= 1;
      expect(() => requireCommitted(name, hexlify(bytes))).to.throw(`The bytecode of ${name}`);
    }
  });

  it('brings a token that anyone can mint', async () => {
    const [signer] = await ethers.getSigners();
    const token = await ethers.getContractAt('TestToken', await deployTestToken(signer!));
    await token.mint!(signer!.address, 5n);
    expect(await token.balanceOf!(signer!.address)).to.equal(5n);
  });
});
