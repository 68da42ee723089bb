// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {CoinTransfer} from "../Structs.sol";

/// @title A payment unlocked by the preimage of a SHA-256 hash
/// @notice Participant 0 pays, participant 1 is paid. Deadlines are those of the app instance, so the app has no clock.
contract TransferApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error InvalidAction(uint256 length);
    error AlreadyUnlocked();
    error WrongPreimage(bytes32 lockHash, bytes32 given);

    struct State {
        uint256 amount;
        bytes32 lockHash;
        bytes32 preimage;
    }

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        return _decode(encodedState).preimage != 0;
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
        if (encodedAction.length != 32) revert InvalidAction(encodedAction.length);
        bytes32 preimage = abi.decode(encodedAction, (bytes32));
        if (state.preimage != 0) revert AlreadyUnlocked();
        if (preimage == 0 || sha256(abi.encode(preimage)) != state.lockHash) {
            revert WrongPreimage(state.lockHash, preimage);
        }
        state.preimage = preimage;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        CoinTransfer[2] memory transfers;
        transfers[state.preimage == 0 ? 0 : 1].amount = state.amount;
        return abi.encode(transfers);
    }

    /// Exactly three words: what has two encodings would have two hashes.
    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 96) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
