// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What parties sign for each other and no contract looks at, field for field as in docs/formats.md.

struct Payment {
    bytes32 transferId;
    address payer;
    address payee;
    uint256 toChainId;
    address asset;
    uint256 amount;
    uint64 expiresAt;
    bytes32 metadataHash;
}

struct Receipt {
    bytes32 paymentId;
    uint256 paid;
}

struct Attestation {
    bytes32 paymentId;
    bytes32 attested;
}

struct Invoice {
    bytes32 invoiceId;
    address payee;
    uint256 toChainId;
    address asset;
    uint256 amount;
    bytes32 lockHash;
    uint64 expiresAt;
    bytes32 metadataHash;
}

struct Swap {
    bytes32 swapId;
    address maker;
    address taker;
    uint256 fromChainId;
    address fromAsset;
    uint256 fromAmount;
    uint256 toChainId;
    address toAsset;
    uint256 toAmount;
    uint64 expiresAt;
}

struct OfferedStake {
    address asset;
    uint256[2] amounts;
}

struct AppOffer {
    bytes32 offerId;
    address proposer;
    address counterparty;
    address definition;
    uint8 outcomeType;
    OfferedStake[] stakes;
    uint32[2] periods;
    uint64 expiresAt;
    bytes32 initialStateHash;
}

struct KeyDelegation {
    address owner;
    address key;
    address responder;
    string origin;
    uint64 issuedAt;
    uint64 expiresAt;
}

struct Quote {
    address channel;
    bytes32 nonce;
    bytes32 paymentId;
    address fromAsset;
    uint256 fromAmount;
    uint256 toChainId;
    address toAsset;
    uint256 toAmount;
    uint64 validUntil;
}

/// @title EIP-712 struct hashes of those, for the golden vectors
/// @notice Written with nothing but `abi.encode`, independently of the hand-written encoders they hold to account. Each word
/// of a static struct is a field, so encoding the struct encodes its fields.
library OffChainDigests {
    function hash(Payment memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Payment(bytes32 transferId,address payer,address payee,uint256 toChainId,address asset,uint256 amount,uint64 expiresAt,bytes32 metadataHash)"
        );
        return keccak256(abi.encode(typeHash, value));
    }

    function hash(Receipt memory value) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Receipt(bytes32 paymentId,uint256 paid)"), value));
    }

    function hash(Attestation memory value) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Attestation(bytes32 paymentId,bytes32 attested)"), value));
    }

    function hash(Invoice memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Invoice(bytes32 invoiceId,address payee,uint256 toChainId,address asset,uint256 amount,bytes32 lockHash,uint64 expiresAt,bytes32 metadataHash)"
        );
        return keccak256(abi.encode(typeHash, value));
    }

    function hash(Swap memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Swap(bytes32 swapId,address maker,address taker,uint256 fromChainId,address fromAsset,uint256 fromAmount,uint256 toChainId,address toAsset,uint256 toAmount,uint64 expiresAt)"
        );
        return keccak256(abi.encode(typeHash, value));
    }

    function hash(AppOffer memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "AppOffer(bytes32 offerId,address proposer,address counterparty,address definition,uint8 outcomeType,Stake[] stakes,uint32[2] periods,uint64 expiresAt,bytes32 initialStateHash)Stake(address asset,uint256[2] amounts)"
        );
        bytes32 stakeTypeHash = keccak256("Stake(address asset,uint256[2] amounts)");
        bytes memory stakes;
        for (uint256 i = 0; i < value.stakes.length; i++) {
            OfferedStake memory stake = value.stakes[i];
            bytes32 amounts = keccak256(abi.encode(stake.amounts));
            stakes = bytes.concat(stakes, keccak256(abi.encode(stakeTypeHash, stake.asset, amounts)));
        }
        bytes memory first = abi.encode(
            typeHash,
            value.offerId,
            value.proposer,
            value.counterparty,
            value.definition,
            value.outcomeType
        );
        bytes memory second = abi.encode(
            keccak256(stakes),
            keccak256(abi.encode(value.periods)),
            value.expiresAt,
            value.initialStateHash
        );
        return keccak256(bytes.concat(first, second));
    }

    function hash(KeyDelegation memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "KeyDelegation(address owner,address key,address responder,string origin,uint64 issuedAt,uint64 expiresAt)"
        );
        return
            keccak256(
                abi.encode(
                    typeHash,
                    value.owner,
                    value.key,
                    value.responder,
                    keccak256(bytes(value.origin)),
                    value.issuedAt,
                    value.expiresAt
                )
            );
    }

    function hash(Quote memory value) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Quote(address channel,bytes32 nonce,bytes32 paymentId,address fromAsset,uint256 fromAmount,uint256 toChainId,address toAsset,uint256 toAmount,uint64 validUntil)"
        );
        return keccak256(abi.encode(typeHash, value));
    }
}
