package io.godwit.storage.handover;

import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import org.jspecify.annotations.Nullable;

/// How a change of an owner record ended. There is no "perhaps": who cannot wait for a conclusion has none.
public sealed interface Conclusion {
    /// The record says what the event wanted.
    record Held(OwnerContent content) implements Conclusion {}

    /// The guest's records are gone, as the event wanted.
    record Removed() implements Conclusion {}

    /// The record says no, and no write of this change will be applied any more.
    ///
    /// @param content  what it says instead; null if there is no record, or none that can be understood
    record Denied(
            OwnershipException.Kind kind,
            String reason,
            @Nullable OwnerContent content) implements Conclusion {}

    /// What the conclusion means to a host that asked whether it may run the guest.
    default Verdict verdict() {
        return switch (this) {
            case Held(OwnerContent content) -> new Verdict.Mine(content.record().epoch());
            case Removed _ -> new Verdict.NotMine("", 0);
            case Denied(OwnershipException.Kind _, String _, OwnerContent content) -> {
                if (content == null) {
                    yield new Verdict.NotMine("", 0);
                }
                boolean owned = !(content.record().state() instanceof Stopped);
                yield new Verdict.NotMine(
                        owned ? content.record().host() : "", content.record().epoch());
            }
        };
    }
}
