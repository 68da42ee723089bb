// SPDX-License-Identifier: MIT
/** `npm run deploy:contracts`: puts the protocol's contracts on a chain, or recognises them, and prints the hub's entry for it. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { deployContracts } from '../contracts/deploy.ts';
import { EthereumChainReader } from '../lib/chain/chain-reader.ts';
import { createJsonRpc } from '../lib/chain/json-rpc.ts';
import type { Address } from '../lib/protocol/types.ts';

const HELP = `npm run deploy:contracts -- --rpc URL --key-file FILE

Deploys registry, factory, channel implementation and transfer app with the committed production bytecode (two
transactions), checks that the chain holds exactly that code, and prints the chain's entry for INDRA_CHAINS_FILE with
ether as its only asset; set limits, collateral and further assets to taste (docs/operating.md).

  --rpc URL         the chain's node
  --key-file FILE   holds the private key that pays
  --help            this text`;

const { values } = parseArgs({
  options: {
    rpc: { type: 'string' },
    'key-file': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const ETHER = 10n ** 18n;

async function deploy(rpcUrl: string, keyFile: string): Promise<string> {
  const provider = new JsonRpcProvider(rpcUrl);
  try {
    const key = (await readFile(keyFile, 'utf8')).trim();
    const made = await deployContracts(new NonceManager(new Wallet(key, provider)));
    const lower = (text: string): Address => text.toLowerCase() as Address;
    const contracts = {
      chainId: Number(made.chainId),
      registry: lower(made.registry),
      factory: lower(made.factory),
      channelImplementation: lower(made.channelImplementation),
      transferApp: lower(made.transferApp),
    };
    const reader = new EthereumChainReader(createJsonRpc({ url: rpcUrl }), contracts);
    const mismatches = await reader.checkDeployment();
    if (!mismatches.ok) throw new Error(mismatches.error.message);
    if (mismatches.value.length > 0)
      throw new Error(`the chain holds other code: ${JSON.stringify(mismatches.value)}`);
    const amounts = (whole: Record<string, bigint>) =>
      Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, value.toString()]));
    const entry = {
      ...contracts,
      rpcUrl,
      publicRpcUrl: rpcUrl,
      fromBlock: made.fromBlock,
      challengePeriod: 86_400,
      confirmations: 12,
      appPeriods: [7_200, 14_400],
      patience: 300,
      reaction: 1_800,
      assets: [
        {
          address: `0x${'00'.repeat(20)}`,
          symbol: 'ETH',
          decimals: 18,
          transfer: amounts({ min: 1n, max: ETHER }),
          collateral: amounts({ initial: ETHER / 100n, target: ETHER / 10n, low: ETHER / 200n }),
        },
      ],
    };
    return JSON.stringify([entry], null, 2);
  } finally {
    provider.destroy();
  }
}

const { rpc, 'key-file': keyFile } = values;
if (values.help || rpc === undefined || keyFile === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    console.log(await deploy(rpc, keyFile));
  } catch (error) {
    console.error(`nothing more was sent: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
