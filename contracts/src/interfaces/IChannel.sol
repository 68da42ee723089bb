// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Asset, Stake, Withdrawal} from "../Structs.sol";

/// @title The money of one channel
/// @notice Ether or tokens sent plainly belong to the initiator. The responder deposits through {deposit}.
interface IChannel {
    /// @notice The implementation itself is no channel.
    error NotAChannel();
    error NotRegistry(address caller);
    error WrongChannel(address channel);
    error WrongEpoch(uint64 given, uint64 current);
    error InvalidParty(uint8 party);
    error DeadlinePassed(uint64 deadline);
    error WrongSigner(address expected, address recovered);
    error AmountTooLarge(uint256 amount);
    error WrongValue(uint256 given, uint256 expected);
    /// @notice What is not reserved or claimable does not cover the amount.
    error InsufficientFunds(address asset, uint256 amount, uint256 available);
    error EtherTransferFailed(address to, uint256 amount);
    error HandlerRefused(address handler);
    error NothingToClaim(address asset, address owner);
    /// @notice Only the owner may send what it can claim elsewhere.
    error NotOwner(address caller, address owner);

    event Deposited(address indexed from, address indexed asset, uint256 amount);
    event Withdrawn(
        bytes32 indexed digest,
        uint8 party,
        address asset,
        uint256 amount,
        address recipient,
        address handler
    );
    /// @notice An asset was settled for an epoch; `locked` waits for the outcomes of apps.
    event AssetSettled(uint64 indexed epoch, address indexed asset, uint256[2] paid, uint256 locked);
    /// @notice A payment could not be pushed and waits to be claimed.
    event PaymentHeld(address indexed asset, address indexed owner, uint256 amount);
    event Claimed(address indexed asset, address indexed owner, address recipient, uint256 amount);

    /// @notice The books of one asset in the current epoch, by party.
    /// @param received what each party put in since the asset was last settled
    /// @param executed what each party withdrew in this epoch
    /// @param held what belongs to earlier epochs: claimable payments and the stakes of apps not yet paid
    struct Account {
        uint256[2] received;
        uint256[2] executed;
        uint256 held;
    }

    function initiator() external view returns (address);
    function responder() external view returns (address);
    function challengePeriod() external view returns (uint32);
    function registry() external view returns (address);

    /// @notice The EIP-712 domain under which signatures are checked: that of the registry.
    function domainSeparator() external view returns (bytes32);

    /// @notice The books of an asset now. Unsigned money is received[0] + received[1] beyond the deposits of the ledger.
    function account(address asset) external view returns (Account memory);

    /// @notice Whether a withdrawal, named by its EIP-712 digest, was executed.
    function withdrawalExecuted(bytes32 digest) external view returns (bool);

    /// @notice What `owner` can claim after a payment could not be pushed.
    function claimable(address asset, address owner) external view returns (uint256);

    /// @notice What the apps of a settled epoch can still pay out.
    function reserved(uint64 epoch, address asset) external view returns (uint256);

    /// @notice Deposits for the responder, whoever pays. Counts what arrived, at most `amount`.
    /// @param amount for ether, exactly the value sent
    function deposit(address asset, uint256 amount) external payable;

    /// @notice Executes a withdrawal that both parties signed, once, in its epoch, before its deadline, whole or not at all.
    /// Anyone may submit it; one that was executed goes on.
    /// @param signatures of the initiator and of the responder
    function withdraw(Withdrawal calldata withdrawal, bytes[2] calldata signatures) external;

    /// @notice Pays out what could not be pushed. Anyone may do so for the owner; only the owner may name another recipient.
    function claim(address asset, address owner, address recipient) external;

    /// @notice Pays each side `balance + (received - deposits) + (withdrawn - executed)` per asset. Registry only.
    /// @param others assets that the final ledger does not contain, paid to whoever put them in
    function settle(uint64 epoch, Asset[] calldata assets, address[] calldata others) external;

    /// @notice Pays the outcome of an app out of what the settlement of its epoch left locked. Registry only.
    /// @param payouts per stake, by participant position
    function payApp(uint64 epoch, address[2] calldata participants, Stake[] calldata payouts) external;

    /// @notice What a multi-asset outcome pays. The registry asks the implementation, apart and with bounded gas: garbage makes
    /// the decoding revert.
    function interpretMultiAsset(
        address[2] calldata participants,
        Stake[] calldata stakes,
        bytes calldata outcome
    ) external pure returns (bool valid, Stake[] memory payouts);
}
