// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {Digests} from "../libraries/Digests.sol";
import {CoinTransfer} from "../Structs.sol";

/// @title Many small payments out of one stake
/// @notice Participant 0 pays, participant 1 is paid by receipts. A named signer, such as the payer, signs EIP-712 receipts of
/// the total due so far; the last one replaces all before it, and may be less than the stake. With the first receipt participant
/// 1 also gets a flat fee. It ends when all is paid.
contract BatchedTransferApp is CounterfactualApp {
    error InvalidState(uint256 length);
    error InvalidAction(uint256 length);
    error NotMore(uint256 given, uint256 paid);
    error MoreThanStaked(uint256 paid, uint256 fee, uint256 amount);
    error WrongSigner(address expected, address recovered);

    /// @param domain EIP-712 domain separator of the signer
    /// @param fee what participant 1 gets beside what was paid, once anything was
    /// @param paid total of all receipts so far; never more than amount - fee
    struct State {
        uint256 amount;
        address signer;
        bytes32 domain;
        bytes32 paymentId;
        uint256 fee;
        uint256 paid;
    }

    /// @notice A receipt and its signature, in four words: an action has one encoding.
    struct Action {
        uint256 paid;
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    bytes32 public constant RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 paymentId,uint256 paid)");

    /// @inheritdoc CounterfactualApp
    function isStateTerminal(bytes calldata encodedState) external pure returns (bool) {
        State memory state = _decode(encodedState);
        return state.paid + state.fee == state.amount;
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
        if (action.paid <= state.paid) revert NotMore(action.paid, state.paid);
        _requireStaked(action.paid, state.fee, state.amount);
        bytes32 structHash = keccak256(abi.encode(RECEIPT_TYPEHASH, state.paymentId, action.paid));
        bytes32 digest = Digests.typedData(state.domain, structHash);
        address recovered = ECDSA.recover(digest, action.v, action.r, action.s);
        if (recovered != state.signer) revert WrongSigner(state.signer, recovered);
        state.paid = action.paid;
        return abi.encode(state);
    }

    /// @inheritdoc CounterfactualApp
    function computeOutcome(bytes calldata encodedState) external pure returns (bytes memory) {
        State memory state = _decode(encodedState);
        CoinTransfer[2] memory transfers;
        transfers[1].amount = state.paid == 0 ? 0 : state.paid + state.fee;
        transfers[0].amount = state.amount - transfers[1].amount;
        return abi.encode(transfers);
    }

    /// Exactly six words: what has two encodings would have two hashes. What promises more than is staked is no state, so that
    /// every state has an outcome.
    function _decode(bytes calldata encodedState) private pure returns (State memory state) {
        if (encodedState.length != 192) revert InvalidState(encodedState.length);
        state = abi.decode(encodedState, (State));
        _requireStaked(state.paid, state.fee, state.amount);
    }

    /// paid + fee may be more than 2^256, so it is not added up before this.
    function _requireStaked(uint256 paid, uint256 fee, uint256 amount) private pure {
        if (fee > amount || paid > amount - fee) revert MoreThanStaked(paid, fee, amount);
    }
}
