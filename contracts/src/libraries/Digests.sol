// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {App, AppState, Asset, Cancel, Challenge, Ledger, Stake, Withdrawal} from "../Structs.sol";

/// @title EIP-712 struct hashes
/// @notice The one place where Solidity decides about signed bytes; golden vectors hold it to the TypeScript side.
library Digests {
    bytes32 internal constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 internal constant ASSET_TYPEHASH = keccak256(
        "Asset(address asset,uint256[2] balances,uint256[2] deposits,uint256[2] withdrawn,uint256 locked)"
    );
    bytes32 internal constant LEDGER_TYPEHASH = keccak256(
        "Ledger(address channel,uint64 epoch,uint64 version,Asset[] assets,bytes32 appsRoot)Asset(address asset,uint256[2] balances,uint256[2] deposits,uint256[2] withdrawn,uint256 locked)"
    );
    bytes32 internal constant STAKE_TYPEHASH = keccak256("Stake(address asset,uint256[2] amounts)");
    bytes32 internal constant APP_TYPEHASH = keccak256(
        "App(address channel,uint64 epoch,uint64 installVersion,bytes32 nonce,address definition,address[2] participants,uint8 outcomeType,Stake[] stakes,uint32[2] periods,uint64 actionDeadline,uint64 holdUntil,bytes32 initialStateHash)Stake(address asset,uint256[2] amounts)"
    );
    bytes32 internal constant APP_STATE_TYPEHASH = keccak256(
        "AppState(bytes32 appId,uint64 version,bytes32 stateHash)"
    );
    bytes32 internal constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address channel,uint64 epoch,uint8 party,address asset,uint256 amount,address recipient,bytes32 nonce,uint64 deadline,address handler,bytes data)"
    );
    bytes32 internal constant CANCEL_TYPEHASH = keccak256(
        "Cancel(address channel,uint64 epoch,bytes32 subject,uint64 challengeId,uint64 deadline)"
    );
    bytes32 internal constant CHALLENGE_TYPEHASH = keccak256(
        "Challenge(address channel,uint64 epoch,uint64 challengeId,bytes32 subject,uint64 minVersion,uint64 deadline)"
    );

    function domainSeparator(address verifyingContract) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256("Indra"), keccak256("2"), block.chainid, verifyingContract)
            );
    }

    function typedData(bytes32 domain, bytes32 structHash) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), structHash)
            digest := keccak256(free, 0x42)
        }
    }

    /// Words are copied as they come: one with dirty high bits hashes to what nobody signed.
    function hash(Asset calldata asset) internal pure returns (bytes32 result) {
        bytes32 typeHash = ASSET_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), calldataload(asset))
            // balances, deposits, withdrawn: two words each, from word 1 on
            calldatacopy(0x00, add(asset, 0x20), 0x40)
            mstore(add(free, 0x40), keccak256(0x00, 0x40))
            calldatacopy(0x00, add(asset, 0x60), 0x40)
            mstore(add(free, 0x60), keccak256(0x00, 0x40))
            calldatacopy(0x00, add(asset, 0xa0), 0x40)
            mstore(add(free, 0x80), keccak256(0x00, 0x40))
            mstore(add(free, 0xa0), calldataload(add(asset, 0xe0)))
            result := keccak256(free, 0xc0)
        }
    }

    function hash(Asset[] calldata assets) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](assets.length);
        for (uint256 i = 0; i < assets.length; i++) hashes[i] = hash(assets[i]);
        return concatenated(hashes);
    }

    function hash(Ledger calldata ledger) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    LEDGER_TYPEHASH,
                    ledger.channel,
                    ledger.epoch,
                    ledger.version,
                    hash(ledger.assets),
                    ledger.appsRoot
                )
            );
    }

    function hash(Stake[] calldata stakes) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](stakes.length);
        for (uint256 i = 0; i < stakes.length; i++) hashes[i] = hash(stakes[i]);
        return concatenated(hashes);
    }

    function hash(Stake calldata stake) internal pure returns (bytes32 result) {
        bytes32 typeHash = STAKE_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), calldataload(stake))
            calldatacopy(0x00, add(stake, 0x20), 0x40)
            mstore(add(free, 0x40), keccak256(0x00, 0x40))
            result := keccak256(free, 0x60)
        }
    }

    /// Head of an App in calldata, by word: 0 channel, 1 epoch, 2 installVersion, 3 nonce, 4 definition,
    /// 5 and 6 participants, 7 outcomeType, 8 offset of stakes, 9 and 10 periods, 11 actionDeadline, 12 holdUntil,
    /// 13 initialStateHash. As above, dirty words hash to what nobody signed.
    function hash(App calldata app) internal pure returns (bytes32 result) {
        bytes32 typeHash = APP_TYPEHASH;
        bytes32 stakesHash = hash(app.stakes);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), app, 0xa0)
            calldatacopy(0x00, add(app, 0xa0), 0x40)
            mstore(add(free, 0xc0), keccak256(0x00, 0x40))
            mstore(add(free, 0xe0), calldataload(add(app, 0xe0)))
            mstore(add(free, 0x100), stakesHash)
            calldatacopy(0x00, add(app, 0x120), 0x40)
            mstore(add(free, 0x120), keccak256(0x00, 0x40))
            calldatacopy(add(free, 0x140), add(app, 0x160), 0x60)
            result := keccak256(free, 0x1a0)
        }
    }

    function hash(AppState memory state) internal pure returns (bytes32) {
        return keccak256(abi.encode(APP_STATE_TYPEHASH, state.appId, state.version, state.stateHash));
    }

    function hash(Withdrawal calldata withdrawal) internal pure returns (bytes32) {
        bytes memory first = abi.encode(
            WITHDRAWAL_TYPEHASH,
            withdrawal.channel,
            withdrawal.epoch,
            withdrawal.party,
            withdrawal.asset,
            withdrawal.amount
        );
        bytes memory second = abi.encode(
            withdrawal.recipient,
            withdrawal.nonce,
            withdrawal.deadline,
            withdrawal.handler,
            keccak256(withdrawal.data)
        );
        return keccak256(bytes.concat(first, second));
    }

    function hash(Cancel calldata cancel) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CANCEL_TYPEHASH,
                    cancel.channel,
                    cancel.epoch,
                    cancel.subject,
                    cancel.challengeId,
                    cancel.deadline
                )
            );
    }

    function hash(Challenge calldata challenge) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CHALLENGE_TYPEHASH,
                    challenge.channel,
                    challenge.epoch,
                    challenge.challengeId,
                    challenge.subject,
                    challenge.minVersion,
                    challenge.deadline
                )
            );
    }

    function concatenated(bytes32[] memory words) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(add(words, 0x20), mul(mload(words), 0x20))
        }
    }
}
