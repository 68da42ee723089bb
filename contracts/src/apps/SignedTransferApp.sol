// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {Digests} from "../libraries/Digests.sol";
import {CoinTransfer} from "../Structs.sol";

/// @title A payment unlocked by a named signer's EIP-712 attestation
/// @notice Participant 0 pays, participant 1 is paid once the signer attested something about the payment.
/// The domain is the signer's own and part of the state, so the app depends on nothing but its arguments.
contract SignedTransferApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error InvalidAction(uint256 length);
    error AlreadyUnlocked();
    error NothingAttested();
    error WrongSigner(address expected, address recovered);

    /// @param domain EIP-712 domain separator of the signer
    /// @param attested what the signer said; zero = not yet unlocked
    struct State {
        uint256 amount;
        address signer;
        bytes32 domain;
        bytes32 paymentId;
        bytes32 attested;
    }

    /// @notice An attestation and its signature, in four words: an action has one encoding.
    struct Action {
        bytes32 attested;
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    bytes32 public constant ATTESTATION_TYPEHASH = keccak256("Attestation(bytes32 paymentId,bytes32 attested)");

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        return _decode(encodedState).attested != 0;
    }

    /// @inheritdoc CounterfactualApp
    function getTurnTaker(bytes calldata, address[] calldata participants) external pure returns (address) {
        return participants[1];
    }

    /// @inheritdoc CounterfactualApp
    function applyAction(
        bytes calldata encodedState,
        bytes calldata encodedAction
    ) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        if (encodedAction.length != 128) revert InvalidAction(encodedAction.length);
        Action memory action = abi.decode(encodedAction, (Action));
        if (state.attested != 0) revert AlreadyUnlocked();
        if (action.attested == 0) revert NothingAttested();
        bytes32 structHash = keccak256(abi.encode(ATTESTATION_TYPEHASH, state.paymentId, action.attested));
        bytes32 digest = Digests.typedData(state.domain, structHash);
        address recovered = ECDSA.recover(digest, action.v, action.r, action.s);
        if (recovered != state.signer) revert WrongSigner(state.signer, recovered);
        state.attested = action.attested;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        CoinTransfer[2] memory transfers;
        transfers[state.attested == 0 ? 0 : 1].amount = state.amount;
        return abi.encode(transfers);
    }

    /// Exactly five words: what has two encodings would have two hashes.
    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 160) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
