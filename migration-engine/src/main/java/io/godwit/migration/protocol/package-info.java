/// What travels between the source and the target: frames, messages, versions and the limits on all of them.
///
/// Nothing here knows a socket or a guest. `docs/protocol.md` is the description; the golden files under
/// `src/test/resources/wire/` hold the bytes.
@NullMarked
package io.godwit.migration.protocol;

import org.jspecify.annotations.NullMarked;
