// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {Digests} from "./libraries/Digests.sol";

/// @notice The one EIP-712 domain, that of the registry, also where a channel checks signatures.
abstract contract SigningDomain {
    address private immutable _verifyingContract;
    uint256 private immutable _chainId;
    bytes32 private immutable _separator;

    constructor(address verifyingContract) {
        _verifyingContract = verifyingContract;
        _chainId = block.chainid;
        _separator = Digests.domainSeparator(verifyingContract);
    }

    /// After a fork of the chain the cached value is not that chain's.
    function _domainSeparator() internal view returns (bytes32) {
        return block.chainid == _chainId ? _separator : Digests.domainSeparator(_verifyingContract);
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return Digests.typedData(_domainSeparator(), structHash);
    }

    /// @return signer zero, which is nobody, for what is no signature
    function _recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
