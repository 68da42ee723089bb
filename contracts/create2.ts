// SPDX-License-Identifier: MIT
/** Where a contract is on every chain: its address follows from its creation bytecode alone. */
import { getCreate2Address, getCreateAddress, keccak256, ZeroHash } from 'ethers';

/** The deployer most chains have already: it runs CREATE2 with a salt of 32 bytes and the bytecode that follow each other. */
export const DEPLOYER = {
  address: '0x4e59b44847b379578588920cA78FbF26c0B4956C',
  code: '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3',
  /**
   * Installs it on any chain. Its signature was chosen, not made: nobody knows the key of its sender, who can therefore
   * never send anything else.
   */
  transaction:
    '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222',
  sender: '0x3fAB184622Dc19b6109349B94811493BF2a45362',
  /** Wei that its sender needs for the transaction. */
  cost: 10n ** 16n,
} as const;

export const SALT = ZeroHash;

export const deterministicAddress = (bytecode: string): string =>
  getCreate2Address(DEPLOYER.address, SALT, keccak256(bytecode));

/** The registry makes the factory in its constructor, and the factory the channel's implementation in its own. */
export function madeByRegistry(registry: string): { factory: string; channelImplementation: string } {
  const factory = getCreateAddress({ from: registry, nonce: 1 });
  return { factory, channelImplementation: getCreateAddress({ from: factory, nonce: 1 }) };
}
