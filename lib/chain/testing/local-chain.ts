// SPDX-License-Identifier: MIT
/** A chain of its own for a test, with the contracts on it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HDNodeWallet, JsonRpcProvider, NonceManager } from 'ethers';
import { deployContracts, deployTestToken } from '../../../contracts/deploy.ts';
import { toBytes } from '../../protocol/bytes.ts';
import type { Address } from '../../protocol/types.ts';
import type { ContractAddresses } from '../contracts.ts';
import { createJsonRpc, type JsonRpc } from '../json-rpc.ts';

export interface LocalChain {
  readonly url: string;
  readonly rpc: JsonRpc;
  readonly contracts: ContractAddresses;
  readonly transferApp: Address;
  readonly token: Address;
  /** Private keys of accounts with ether. */
  readonly keys: readonly Uint8Array[];
  /** Lets time pass and mines a block. */
  pass(seconds: number): Promise<void>;
  mine(blocks?: number): Promise<void>;
  stop(): Promise<void>;
}

const anvil = fileURLToPath(new URL('../../../node_modules/.bin/anvil', import.meta.url));
const phrase = 'test test test test test test test test test test test junk';

export async function startLocalChain(options: readonly string[] = []): Promise<LocalChain> {
  const child = spawn(anvil, ['--port', '0', '--chain-id', '31337', '--mnemonic', phrase, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const listening = /^Listening on (.+)$/.exec(line);
      if (listening) resolve(`http://${listening[1]}`);
    });
    void exited.then(() => reject(new Error('anvil ended')));
  });
  const rpc = createJsonRpc({ url });
  const must = async (method: string, params: readonly unknown[]) => {
    const answer = await rpc.request(method, params);
    if (!answer.ok) throw new Error(`${method}: ${answer.error.reason}`);
  };

  const wallets = Array.from({ length: 5 }, (_, i) =>
    HDNodeWallet.fromPhrase(phrase, undefined, `m/44'/60'/0'/0/${i}`),
  );
  const provider = new JsonRpcProvider(url, 31337, {
    staticNetwork: true,
    pollingInterval: 20,
    cacheTimeout: -1,
  });
  const deployer = new NonceManager((wallets[4] as HDNodeWallet).connect(provider));
  const deployment = await deployContracts(deployer);
  const token = await deployTestToken(deployer);
  provider.destroy();
  const lower = (address: string) => address.toLowerCase() as Address;

  return {
    url,
    rpc,
    contracts: {
      chainId: 31337,
      registry: lower(deployment.registry),
      factory: lower(deployment.factory),
      channelImplementation: lower(deployment.channelImplementation),
    },
    transferApp: lower(deployment.transferApp),
    token: lower(token),
    keys: wallets.map((wallet) => toBytes(wallet.privateKey)),
    async pass(seconds) {
      await must('evm_increaseTime', [seconds]);
      await must('evm_mine', []);
    },
    async mine(blocks = 1) {
      await must('anvil_mine', [`0x${blocks.toString(16)}`]);
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
