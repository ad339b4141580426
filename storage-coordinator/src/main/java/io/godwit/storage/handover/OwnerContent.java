package io.godwit.storage.handover;

import io.godwit.storage.OwnerRecord;
import java.util.UUID;

/// What stands in a guest's owner record.
///
/// @param cause  the claim or the migration that brought this epoch about. It tells a host whose answer got lost
///               whether it was its own change that succeeded, and it keeps a belated `commit` of an old migration
///               from mistaking a later arrival of the same guest for its own.
public record OwnerContent(OwnerRecord record, UUID cause) {

    OwnerContent withState(OwnerRecord.OwnerState state) {
        return new OwnerContent(new OwnerRecord(record.host(), record.bootId(), record.epoch(), state), cause);
    }
}
