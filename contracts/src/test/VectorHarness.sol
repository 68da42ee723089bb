// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {ChannelAddress} from "../libraries/ChannelAddress.sol";
import {Digests} from "../libraries/Digests.sol";
import {App, AppState, Cancel, Challenge, Ledger, Withdrawal} from "../Structs.sol";
import {
    AppOffer,
    Attestation,
    Invoice,
    KeyDelegation,
    OffChainDigests,
    Payment,
    Quote,
    Receipt,
    Swap
} from "./OffChainDigests.sol";

/// @notice Shows the golden vectors the hashes that the contracts use.
contract VectorHarness {
    function ledger(Ledger calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function app(App calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function appState(AppState calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function withdrawal(Withdrawal calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function cancel(Cancel calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function challenge(Challenge calldata value) external pure returns (bytes32) {
        return Digests.hash(value);
    }

    function payment(Payment calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function receipt(Receipt calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function attestation(Attestation calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function invoice(Invoice calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function swap(Swap calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function appOffer(AppOffer calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function keyDelegation(KeyDelegation calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function quote(Quote calldata value) external pure returns (bytes32) {
        return OffChainDigests.hash(value);
    }

    function typedData(bytes32 separator, bytes32 structHash) external pure returns (bytes32) {
        return Digests.typedData(separator, structHash);
    }

    function inRoot(bytes32 appId, bytes32 root, bytes32[] calldata proof) external pure returns (bool) {
        return MerkleProof.verifyCalldata(proof, root, keccak256(abi.encode(appId)));
    }

    function channelAddress(
        address initiator,
        address responder,
        uint32 challengePeriod,
        address implementation,
        address factory
    ) external pure returns (address) {
        return ChannelAddress.predict(initiator, responder, challengePeriod, implementation, factory);
    }
}
