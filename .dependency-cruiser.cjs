// SPDX-License-Identifier: MIT
// Imports point inward (docs/design.md, section 11).
const TEST = '(\\.test\\.tsx?$|/testing/|/fixture/|/vectors/)';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'A cycle has no inside.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'protocol-is-pure',
      'The protocol imports nothing but itself and pure mathematics.',
      { path: '^lib/protocol/', pathNot: TEST },
      { pathNot: '^(lib/protocol/|lib/signing/keccak-|node_modules/(@noble/|hash-wasm/|zod/))' },
    ),
    forbid(
      'adapters-are-apart',
      'An adapter knows one outside thing, and no other adapter.',
      { path: '^lib/(store|messaging|chain|signing)/', pathNot: TEST },
      { path: '^lib/(store|messaging|chain|lane|hub|client|watchtower)/', pathNot: ['^lib/$1/'] },
    ),
    forbid(
      'adapters-look-inward',
      'An adapter serves lane, hub, client, watchtower and functions, and knows none of them.',
      { path: '^lib/(store|messaging|chain|signing)/', pathNot: TEST },
      { path: '^(functions|daicard-next|test|bench)/' },
    ),
    forbid(
      'lane-knows-no-owner',
      'Whoever sends transactions owns a lane; it knows the protocol, the store as a port, and no chain but through a port.',
      { path: '^lib/lane/', pathNot: TEST },
      { pathNot: '^(lib/(lane|protocol)/|lib/store/(store|padded-time)\\.ts$|node_modules/zod/)' },
    ),
    forbid(
      'hub-is-not-client',
      'The two halves share the protocol, the adapters and the lane, and nothing else.',
      { path: '^lib/hub/', pathNot: TEST },
      { path: '^(lib/(client|watchtower)|functions|daicard-next)/' },
    ),
    forbid(
      'client-is-not-hub',
      'The two halves share the protocol, the adapters and the lane, and nothing else.',
      { path: '^lib/client/', pathNot: TEST },
      { path: '^(lib/(hub|watchtower)|functions|infra|daicard-next)/' },
    ),
    forbid(
      'watchtower-serves-either-half',
      'A watchtower knows what is on chain and what it was given, and neither half of a channel.',
      { path: '^lib/watchtower/', pathNot: TEST },
      {
        path: '^(lib|functions|infra|daicard-next)/',
        pathNot: '^lib/(watchtower|protocol|store|chain|lane|signing|messaging)/',
      },
    ),
    forbid(
      'library-needs-no-stack',
      'Of infra the libraries know the shape of the configuration only.',
      { path: '^lib/', pathNot: TEST },
      { path: '^infra/', pathNot: '^infra/(config|migrations)/' },
    ),
    forbid(
      'card-uses-the-client',
      'The card is built on the SDK alone.',
      { path: '^daicard-next/', pathNot: TEST },
      { path: '^(lib/(hub|store/dynamodb)|functions|infra)/' },
    ),
    forbid(
      'functions-are-apart',
      'A function is reached through its subject.',
      { path: '^functions/([^/]+)/', pathNot: TEST },
      { path: '^functions/', pathNot: '^functions/$1/' },
    ),
    forbid(
      'no-tests-in-production',
      'Nothing depends on a test.',
      { pathNot: ['^(test|bench)/', TEST] },
      { path: ['\\.test\\.tsx?$', '^(test|bench)/'] },
    ),
    forbid('resolvable', 'It must be there.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.next|/abi/|contracts/(artifacts|cache|types))' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
