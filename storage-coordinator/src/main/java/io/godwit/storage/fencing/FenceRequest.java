package io.godwit.storage.fencing;

/// What a host asks of an image, as in [io.godwit.storage.ImageStore].
public sealed interface FenceRequest {
    /// @return chosen by whoever carries the request; the answer names it
    long id();

    Grant grant();

    record Prepare(long id, Grant grant) implements FenceRequest {}

    record Activate(long id, Grant grant) implements FenceRequest {}

    record Withdraw(long id, Grant grant) implements FenceRequest {}
}
