// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {Digests} from "../libraries/Digests.sol";
import {CoinTransfer} from "../Structs.sol";

/// @title Many small payments out of one stake
/// @notice Participant 0 pays, participant 1 is paid by receipts. A named signer, such as the payer, signs EIP-712 receipts of
/// the total due so far; the last one replaces all before it, and may be less than the stake. It ends when all is paid.
contract BatchedTransferApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error NotMore(uint256 given, uint256 paid);
    error MoreThanStaked(uint256 given, uint256 amount);
    error WrongSigner(address expected, address recovered);

    /// @param domain EIP-712 domain separator of the signer
    /// @param paid total of all receipts so far
    struct State {
        uint256 amount;
        address signer;
        bytes32 domain;
        bytes32 paymentId;
        uint256 paid;
    }

    struct Action {
        uint256 paid;
        bytes signature;
    }

    bytes32 public constant RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 paymentId,uint256 paid)");

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        State memory state = _decode(encodedState);
        return state.paid == state.amount;
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
        Action memory action = abi.decode(encodedAction, (Action));
        if (action.paid <= state.paid) revert NotMore(action.paid, state.paid);
        if (action.paid > state.amount) revert MoreThanStaked(action.paid, state.amount);
        bytes32 structHash = keccak256(abi.encode(RECEIPT_TYPEHASH, state.paymentId, action.paid));
        address recovered = ECDSA.recover(Digests.typedData(state.domain, structHash), action.signature);
        if (recovered != state.signer) revert WrongSigner(state.signer, recovered);
        state.paid = action.paid;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        CoinTransfer[2] memory transfers;
        transfers[0].amount = state.amount - state.paid;
        transfers[1].amount = state.paid;
        return abi.encode(transfers);
    }

    function _decode(bytes calldata encodedState) private pure returns (State memory) {
        if (encodedState.length != 160) revert InvalidState(encodedState.length);
        return abi.decode(encodedState, (State));
    }
}
